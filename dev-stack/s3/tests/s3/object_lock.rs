//! Buckets with Object Lock: what writes need, what reads show, what a copy loses.

use aws_sdk_s3::{
    Client,
    primitives::DateTime,
    types::{
        ChecksumAlgorithm, DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled,
        ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetentionMode, ObjectLockRule,
    },
};

use crate::calls::BucketCalls;
use crate::{
    raw::{Raw, Signing, element},
    stack::{BUCKET, Stack, code, error},
};

/// A stack whose bucket retains new objects for a day.
async fn retaining() -> Stack {
    let stack = Stack::start().await;
    let retention = DefaultRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .days(1);
    let rule = ObjectLockRule::builder().default_retention(retention.build());
    let configuration = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(rule.build());
    let client = stack.client();
    let put = client.put_object_lock_configuration().bucket(BUCKET);
    let put = put.object_lock_configuration(configuration.build());
    put.send().await.unwrap();
    stack
}

async fn put(client: &Client, key: &str) {
    let body = b"locked".to_vec().into();
    client.put(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn a_buckets_default_retention_is_read_as_it_was_put() {
    let stack = retaining().await;
    let read = stack.client().get_object_lock_configuration();
    let read = read.bucket(BUCKET).send().await.unwrap();
    let rule = read.object_lock_configuration.unwrap().rule.unwrap();
    assert_eq!(rule.default_retention.unwrap().days, Some(1));
    let other = Stack::start().await;
    let read = other.client().get_object_lock_configuration();
    assert_eq!(
        code(read.bucket(BUCKET).send().await),
        error(404, "ObjectLockConfigurationNotFoundError")
    );
}

#[tokio::test]
async fn where_objects_are_retained_writes_without_a_checksum_are_refused() {
    let stack = retaining().await;
    let host = stack.address.to_string();
    let sign = |raw: Raw| raw.signed(&host, &stack.admin, &Signing::default());
    let bare = sign(Raw::put("/docs/n", b"x")).send(stack.address).await;
    assert_eq!(bare.error(), error(400, "InvalidRequest"));
    assert!(element(&bare.text(), "Message").contains("Put Object requests"));
    for (name, value) in [
        ("content-md5", "nd1OmZ6t3v9SQtbZ9pTGQQ=="),
        ("x-amz-checksum-crc32", "jNx4Mw=="),
    ] {
        let with = sign(Raw::put("/docs/n", b"x").header(name, value));
        let answer = with.send(stack.address).await;
        assert_ne!(
            element(&answer.text(), "Code"),
            "InvalidRequest",
            "{name}: {answer:?}"
        );
    }
    let client = stack.client();
    let begun = client.create_upload("parts").send().await.unwrap();
    let target = format!(
        "/docs/parts?partNumber=1&uploadId={}",
        begun.upload_id.unwrap()
    );
    let part = sign(Raw::put(&target, b"x")).send(stack.address).await;
    assert_eq!(part.error(), error(400, "InvalidRequest"));
    assert!(element(&part.text(), "Message").contains("Put Part requests"));
    // The SDK states one by itself.
    put(&client, "sdk").await;
}

#[tokio::test]
async fn a_lock_is_shown_only_to_those_who_may_see_it() {
    let stack = retaining().await;
    let client = stack.client();
    let body = b"held".to_vec().into();
    let held = client.put("held").body(body);
    let held = held.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On);
    held.send().await.unwrap();
    let seen = client.head("held").send().await.unwrap();
    assert_eq!(seen.object_lock_mode(), Some(&ObjectLockMode::Governance));
    assert!(seen.object_lock_retain_until_date().is_some());
    assert_eq!(
        seen.object_lock_legal_hold_status(),
        Some(&ObjectLockLegalHoldStatus::On)
    );
    let reader = r#"{"Effect":"Allow","Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"}"#;
    let reader = stack.client_of(&stack.session("reader", reader));
    let hidden = reader.head("held").send().await.unwrap();
    assert_eq!(hidden.object_lock_mode(), None);
    assert_eq!(hidden.object_lock_legal_hold_status(), None);
}

#[tokio::test]
async fn a_copy_loses_the_lock_and_the_redirect_and_takes_the_buckets_default() {
    let stack = retaining().await;
    let client = stack.client();
    let later = stack.clock.now() + std::time::Duration::from_secs(9 * 86_400);
    let body = b"a".to_vec().into();
    let source = client.put("a").body(body).website_redirect_location("/b");
    let source = source.object_lock_mode(ObjectLockMode::Compliance);
    let source = source.object_lock_retain_until_date(DateTime::from(later));
    let source = source.checksum_algorithm(ChecksumAlgorithm::Sha256);
    source.send().await.unwrap();
    let copy = client.copy_to("b").copy_source("docs/a");
    copy.send().await.unwrap();
    let seen = client.head("b");
    let seen = seen.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled);
    let seen = seen.send().await.unwrap();
    assert_eq!(seen.object_lock_mode(), Some(&ObjectLockMode::Governance));
    assert_eq!(seen.website_redirect_location(), None);
    assert!(seen.checksum_sha256().is_some());
}

#[tokio::test]
async fn a_lock_in_a_bucket_without_object_lock_is_refused() {
    let stack = Stack::start().await;
    let client = stack.client();
    let held = client.put("held").body(b"held".to_vec().into());
    let held = held.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On);
    assert_eq!(code(held.send().await), error(400, "InvalidRequest"));
}
