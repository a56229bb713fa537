//! The bucket stays private and encrypted: on disk, towards strangers, and when the key is taken away.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{error::ProvideErrorMetadata as _, presigning::PresigningConfig};
use http::StatusCode;
use keyfront_tests::{aws_client, publisher, s3_client, stack::Stack};

const MARKER: &[u8] = b"a sentence that must not rest on the disk in plain";

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_on_disk_never_contain_the_plaintext() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start_at(folder.path(), &[]);
    let content = MARKER.repeat(5000);
    publisher::publish(&stack, "secret", content.clone()).await;
    assert!(stack.interrupt().success());
    let bytes = count_containing(folder.path(), MARKER);
    assert!(
        bytes >= content.len() as u64,
        "the state folder holds only {bytes} bytes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_survives_a_restart_and_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start_at(folder.path(), &[]);
    publisher::publish(&stack, "first", "kept over Ctrl-C").await;
    let token = stack.dev.publisher_token.clone();
    assert!(stack.interrupt().success());

    let stack = Stack::start_at(folder.path(), &[]);
    assert_eq!(stack.dev.publisher_token, token);
    publisher::publish(&stack, "second", "kept over SIGKILL").await;
    stack.kill();

    let stack = Stack::start_at(folder.path(), &[]);
    assert_eq!(
        &stack.cdn().get("/first").await.body[..],
        b"kept over Ctrl-C"
    );
    assert_eq!(
        &stack.cdn().get("/second").await.body[..],
        b"kept over SIGKILL"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presigned_request_that_is_older_than_the_bucket_allows_is_refused() {
    const HOUR: Duration = Duration::from_secs(3600);
    let stack = Stack::start();
    publisher::publish(&stack, "a", "content").await;
    let dev = &stack.dev;
    let admin = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
    // Each is valid for a day by its own account; the stack's buckets let none pass after twelve hours.
    for (age, status) in [(11 * HOUR, 200), (13 * HOUR, 403)] {
        let config = PresigningConfig::builder()
            .start_time(SystemTime::now() - age)
            .expires_in(24 * HOUR)
            .build()
            .unwrap();
        let presigned = admin.get_object().bucket(&dev.bucket).key("a");
        let presigned = presigned.presigned(config).await.unwrap();
        let target = presigned.uri().split_once(&dev.s3_url).unwrap().1;
        let answer = stack
            .s3_unsigned()
            .get(&format!("/{}", target.trim_start_matches('/')))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{age:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_read_of_the_bucket_is_refused() {
    let stack = Stack::start();
    publisher::publish(&stack, "private", MARKER).await;
    for target in [
        format!("/{}/private", stack.dev.bucket),
        format!("/{}", stack.dev.bucket),
        "/".to_owned(),
    ] {
        let answer = stack.s3_unsigned().get(&target).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{target}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains("AccessDenied"),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_a_wrong_token_and_a_stranger_are_refused() {
    let stack = Stack::start();
    publisher::publish(&stack, "private", MARKER).await;
    let edge = &stack.dev.credentials.edge;
    let mut wrong_secret = edge.clone();
    wrong_secret.secret_access_key.push('x');
    let mut wrong_token = edge.clone();
    wrong_token.session_token = Some("AAAA".to_owned());
    let mut no_token = edge.clone();
    no_token.session_token = None;
    let mut stranger = edge.clone();
    stranger.access_key_id = "ASIASTRANGER00000000".to_owned();
    let cases = [
        (wrong_secret, "SignatureDoesNotMatch"),
        (wrong_token, "InvalidToken"),
        // AWS does not tell a session without its token from a key it does not know.
        (no_token, "InvalidAccessKeyId"),
        (stranger, "InvalidAccessKeyId"),
    ];
    for (credentials, code) in cases {
        let client = s3_client::client(&stack.dev.s3_url, &stack.dev.region, &credentials);
        let error = client
            .get_object()
            .bucket(&stack.dev.bucket)
            .key("private")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
    let client = s3_client::client(&stack.dev.s3_url, &stack.dev.region, edge);
    client
        .get_object()
        .bucket(&stack.dev.bucket)
        .key("private")
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_role_can_read_and_nothing_else() {
    let stack = Stack::start();
    publisher::publish(&stack, "private", MARKER).await;
    let client = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.edge,
    );
    let bucket = &stack.dev.bucket;
    let put = client
        .put_object()
        .bucket(bucket)
        .key("forged")
        .body(b"x".to_vec().into())
        .send()
        .await;
    assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
    let delete = client
        .delete_object()
        .bucket(bucket)
        .key("private")
        .send()
        .await;
    assert_eq!(delete.unwrap_err().code(), Some("AccessDenied"));
    let policy = client.get_bucket_policy().bucket(bucket).send().await;
    assert_eq!(policy.unwrap_err().code(), Some("AccessDenied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_is_stored_under_the_stacks_key() {
    let stack = Stack::start();
    publisher::publish(&stack, "by-the-origin", "x").await;
    let admin = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.admin,
    );
    let bucket = &stack.dev.bucket;
    admin
        .put_object()
        .bucket(bucket)
        .key("by-default")
        .body(b"x".to_vec().into())
        .send()
        .await
        .unwrap();
    for key in ["by-the-origin", "by-default"] {
        let head = admin
            .head_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        assert_eq!(
            head.server_side_encryption().unwrap().as_str(),
            "aws:kms",
            "{key}"
        );
        assert_eq!(
            head.ssekms_key_id(),
            Some(stack.dev.key_arn.as_str()),
            "{key}"
        );
        assert_eq!(head.bucket_key_enabled(), Some(true), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_key_makes_its_objects_unreadable_until_it_is_enabled() {
    let stack = Stack::start();
    publisher::publish(&stack, "locked", MARKER).await;
    let key = serde_json::json!({"KeyId": stack.dev.key_arn});
    aws_client::kms(&stack.dev, "DisableKey", &key).await;
    let answer = stack.cdn().get("/locked").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        !answer
            .body
            .windows(MARKER.len())
            .any(|window| window == MARKER)
    );
    aws_client::kms(&stack.dev, "EnableKey", &key).await;
    assert_eq!(&stack.cdn().get("/locked").await.body[..], MARKER);
}

/// Bytes in all files below `folder`; fails where one of them contains `marker`.
fn count_containing(folder: &Path, marker: &[u8]) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes += count_containing(&path, marker);
        } else {
            let content = std::fs::read(&path).unwrap();
            let found = content.windows(marker.len()).any(|window| window == marker);
            assert!(!found, "{} contains the plaintext", path.display());
            bytes += content.len() as u64;
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stacks_bucket_keeps_versions_as_the_template_says() {
    let stack = Stack::start();
    let dev = &stack.dev;
    let admin = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
    let versioning = admin.get_bucket_versioning().bucket(&dev.bucket);
    let status = versioning.send().await.unwrap().status;
    assert_eq!(
        status,
        Some(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
    );
    publisher::publish(&stack, "kept", "first").await;
    let head = admin.head_object().bucket(&dev.bucket).key("kept");
    let first = head.send().await.unwrap().version_id.unwrap();
    let delete = admin.delete_object().bucket(&dev.bucket).key("kept");
    assert_eq!(delete.send().await.unwrap().delete_marker, Some(true));
    let read = admin.get_object().bucket(&dev.bucket).key("kept");
    let read = read.version_id(first).send().await.unwrap();
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"first");
}
