//! One presigned PUT: bound to what was planned, and checked for what the client added.

use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode,
    ObjectLockRule,
};
use http::{Method, StatusCode};
use keyfront_tests::{publisher, s3_client, stack::Stack};
use serde_json::{Value, json};

use super::{MIB, ask, begin, complete, headers_of, read, send, send_with, sign, status_of};

#[tokio::test]
async fn a_presigned_put_stores_exactly_what_was_planned() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "a/b+c \u{e9}.txt", "size": 5, "content_type": "text/plain",
               "checksum": {"algorithm": "sha256", "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}),
    )
    .await;
    assert_eq!(begun["method"], "PUT");
    assert_eq!(complete(&stack, &begun).await.code(), "upload-incomplete");
    assert_eq!(send(&begun, "hello").await.status, StatusCode::OK);
    let done = read(&complete(&stack, &begun).await);
    assert_eq!(
        (&done["size"], &done["encryption"]),
        (&json!(5), &json!("sse-kms"))
    );
    let path = done["path"].as_str().unwrap();
    let seen = stack.cdn().get(path).await;
    assert_eq!(
        (seen.status, &seen.body[..]),
        (StatusCode::OK, &b"hello"[..])
    );
    assert_eq!(seen.header("content-type"), "text/plain");
}

#[tokio::test]
async fn a_client_cannot_lie_about_size_type_checksum_or_encryption() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "lie.txt", "size": 5, "content_type": "text/plain",
               "checksum": {"algorithm": "sha256", "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}),
    )
    .await;
    let honest = headers_of(&begun);
    assert_eq!(send(&begun, "hello!").await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(&begun, "jello").await.status, StatusCode::BAD_REQUEST);
    for (name, value) in &honest {
        let without: Vec<_> = honest.iter().filter(|(n, _)| n != name).cloned().collect();
        let answer = send_with(&begun, &without, "hello".into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "without {name}");
        let changed: Vec<_> = without
            .into_iter()
            .chain([(name.clone(), format!("{value}x"))])
            .collect();
        let answer = send_with(&begun, &changed, "hello".into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} changed");
    }
    let mut added = honest.clone();
    added.push(("x-amz-acl".to_owned(), "public-read".to_owned()));
    let answer = send_with(&begun, &added, "hello".into()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(status_of(&stack, "lie.txt").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_client_adds_to_the_signed_headers_of_a_presigned_put_is_not_stored() {
    let stack = Stack::start();
    for (name, value) in [
        ("content-disposition", "attachment; filename=invoice.exe"),
        ("cache-control", "public, max-age=31536000"),
        ("content-type", "text/html"),
    ] {
        let key = format!("signed/{name}");
        let begun = begin(
            &stack,
            json!({"key": key, "size": 5, "content_type": "text/plain"}),
        )
        .await;
        let honest = headers_of(&begun);
        let others: Vec<_> = honest.iter().filter(|(n, _)| n != name).cloned().collect();
        for planned in [&honest, &others] {
            let added = (name.to_owned(), value.to_owned());
            let sent: Vec<_> = planned.iter().cloned().chain([added]).collect();
            let answer = send_with(&begun, &sent, "hello".into()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{sent:?}");
            let stored = status_of(&stack, &key).await;
            assert_eq!(stored, StatusCode::NOT_FOUND, "{name}");
        }
        assert_eq!(send(&begun, "hello").await.status, StatusCode::OK, "{name}");
        read(&complete(&stack, &begun).await);
    }
    let seen = stack.cdn().get("/signed/content-disposition").await;
    assert_eq!(seen.header("content-disposition"), "inline");
}

#[tokio::test]
async fn what_a_client_adds_to_a_presigned_put_is_removed_at_completion() {
    let stack = Stack::start();
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-language", "xx"),
        ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ] {
        let key = format!("added/{name}");
        let begun = begin(
            &stack,
            json!({"key": key, "size": 5, "content_type": "text/plain"}),
        )
        .await;
        let mut added = headers_of(&begun);
        added.push((name.to_owned(), value.to_owned()));
        let sent = send_with(&begun, &added, "hello".into()).await;
        assert_eq!(sent.status, StatusCode::OK, "{name}");
        let refused = complete(&stack, &begun).await;
        assert_eq!(refused.code(), "upload-mismatch", "{name}");
        assert_eq!(
            status_of(&stack, &key).await,
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
}

#[tokio::test]
async fn of_two_writers_of_one_key_the_second_replaces_nothing() {
    let stack = Stack::start();
    let plan = json!({"key": "one", "size": 3});
    let (first, second) = (begin(&stack, plan.clone()).await, begin(&stack, plan).await);
    assert_eq!(send(&first, "one").await.status, StatusCode::OK);
    assert_eq!(
        send(&second, "two").await.status,
        StatusCode::PRECONDITION_FAILED
    );
    assert_eq!(complete(&stack, &second).await.code(), "upload-incomplete");
    read(&complete(&stack, &first).await);
    let parted = begin(
        &stack,
        json!({"key": "one", "size": 3, "method": "multipart"}),
    )
    .await;
    let part = &sign(&stack, &parted, json!([1])).await[0];
    assert_eq!(send(part, "two").await.status, StatusCode::OK);
    assert_eq!(complete(&stack, &parted).await.code(), "already-exists");
    assert_eq!(&stack.cdn().get("/one").await.body[..], b"one");
}

fn s3(stack: &Stack) -> aws_sdk_s3::Client {
    let dev = &stack.dev;
    s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin)
}

#[tokio::test]
async fn a_bucket_that_retains_objects_is_written_with_checksums_only() {
    let stack = Stack::start();
    let retention = DefaultRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .days(1);
    let rule = ObjectLockRule::builder().default_retention(retention.build());
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(rule.build());
    let put = s3(&stack).put_object_lock_configuration();
    let put = put.bucket(&stack.dev.bucket);
    let put = put.object_lock_configuration(lock.build());
    put.send().await.unwrap();
    // Through the origin, in memory and as a stream.
    publisher::publish(&stack, "small", "hello").await;
    publisher::publish(&stack, "large", vec![7; 7 * MIB]).await;
    let plan = json!({"key": "direct", "size": 5, "content_type": "text/plain"});
    let bare = begin(&stack, plan.clone()).await;
    assert_eq!(send(&bare, "hello").await.status, StatusCode::BAD_REQUEST);
    let mut summed = plan;
    summed["checksum"] = json!({"algorithm": "sha256",
        "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="});
    let summed = begin(&stack, summed).await;
    assert_eq!(send(&summed, "hello").await.status, StatusCode::OK);
    read(&complete(&stack, &summed).await);
}

#[tokio::test]
async fn a_stored_aws_chunked_never_reaches_a_viewer() {
    let stack = Stack::start();
    for (key, stored, seen) in [
        ("framed", "aws-chunked", ""),
        ("both", "aws-chunked,gzip", "gzip"),
    ] {
        let put = s3(&stack).put_object().bucket(&stack.dev.bucket).key(key);
        let put = put.content_encoding(stored).body(b"hello".to_vec().into());
        put.send().await.unwrap();
        let answer = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(&answer.body[..], b"hello");
        assert_eq!(answer.header("content-encoding"), seen, "{key}");
        let target = format!("/objects/{key}");
        let described = read(&ask(&stack, Method::GET, &target, Value::Null).await);
        let coding = described["content_encoding"].as_str().unwrap_or_default();
        assert_eq!(coding, seen, "{key}");
    }
}
