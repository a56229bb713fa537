//! Customer keys (SSE-C): what the origin writes under them, who reads it, and what a bucket that blocks them answers.

use aws_sdk_s3::{error::ProvideErrorMetadata as _, types::EncryptionType};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::local_stack::{LocalStack, content};
use serde_json::json;
use sha2::{Digest as _, Sha256};

const MODE: &str = "sse-c";

/// S3's refusal of a read by the administrator, who may do everything and has no key.
async fn refused_without_key(stack: &LocalStack, key: &str) -> String {
    let call = stack.s3().get_object().bucket(&stack.dev.bucket).key(key);
    let error = call.send().await.unwrap_err();
    error.code().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_under_a_customer_key_is_read_by_the_reader_alone() {
    let stack = LocalStack::with_customer_keys().await;
    let plain = content(100_000);
    let stored = stack.put("read/c", MODE, plain.clone(), &[]).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stored.json()["sse"], "SSE-C");
    assert_eq!(stored.json()["encryption"], MODE);
    assert_eq!(
        refused_without_key(&stack, "read/c").await,
        "InvalidRequest"
    );
    let described = stack.describe("read/c").await;
    assert_eq!(described["sse"], "SSE-C");
    assert_eq!(described["size"], 100_000);
    let listed = stack.list("prefix=read/&metadata=true").await;
    assert_eq!(listed["objects"][0]["key"], "read/c", "{listed}");

    let whole = stack.read("read/c", &[]).await;
    assert_eq!((whole.status, &whole.body), (StatusCode::OK, &plain));
    let part = stack.read("read/c", &[("range", "bytes=17-4242")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{part:?}");
    assert_eq!(part.body, plain.slice(17..4243));
    assert_eq!(part.header("content-range"), "bytes 17-4242/100000");
    let head = stack.send(Method::HEAD, "read/c", &[]).await;
    assert_eq!(head.header("content-length"), "100000");
    let etag = whole.header("etag").to_owned();
    let unchanged = stack.read("read/c", &[("if-none-match", &etag)]).await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);

    // Viewers, by the reader's route; the bucket's own route has no key.
    let viewed = stack.cdn();
    let viewed = viewed.send(Method::GET, "/read/c", &[], Bytes::new()).await;
    assert_eq!((viewed.status, viewed.body), (StatusCode::OK, plain));
    let stored = stack.put("plain/c", MODE, content(64), &[]).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    let cdn = stack.cdn();
    let direct = cdn.send(Method::GET, "/plain/c", &[], Bytes::new()).await;
    assert_eq!(direct.status, StatusCode::FORBIDDEN, "{direct:?}");
    assert_eq!(direct.code(), "customer-key-required");

    let deleted = stack.delete("read/c").await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    assert_eq!(
        stack.read("read/c", &[]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_would_have_to_hold_a_customer_key_is_refused_by_name() {
    let stack = LocalStack::with_customer_keys().await;
    for method in ["put", "form", "multipart"] {
        let plan = json!({
            "key": "c", "size": 9, "content_type": "text/plain", "method": method, "encryption": MODE, "overwrite": true,
        });
        let headers = [("content-type", "application/json")];
        let body = Bytes::from(plan.to_string());
        let refused = stack.call(Method::POST, "/uploads", &headers, body).await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{method}: {refused:?}"
        );
        assert_eq!(refused.code(), "upload-refused");
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains("customer key"), "{detail}");
    }
    stack.put("c", MODE, content(16), &[]).await;
    let headers = [("content-type", "application/json")];
    let body = Bytes::from(json!({"key": "c"}).to_string());
    let refused = stack.call(Method::POST, "/shares", &headers, body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    assert_eq!(refused.code(), "customer-key-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_blocks_customer_keys_is_told_with_the_remedy() {
    // The origin has a key, and the bucket is as new ones are.
    let stack = LocalStack::with_customer_keys().await;
    stack.put("before", MODE, content(16), &[]).await;
    stack.block(&stack.dev.bucket, EncryptionType::SseC).await;
    let refused = stack.put("c", MODE, content(16), &[]).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{refused:?}");
    assert_eq!(refused.code(), "customer-key-refused");
    let detail = refused.json()["detail"].to_string();
    assert!(
        detail.contains("denies access") && detail.contains("BlockedEncryptionTypes"),
        "{detail}"
    );
    assert_eq!(stack.read("before", &[]).await.body, content(16));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_customer_key_nothing_is_written_under_one_and_the_bucket_takes_none() {
    let stack = LocalStack::start().await;
    let refused = stack.put("c", MODE, content(16), &[]).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(refused.code(), "customer-key-missing");
    assert!(!stack.exists("c").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buckets_policy_takes_customer_keys_from_the_origin_alone() {
    let stack = LocalStack::with_customer_keys().await;
    let put = stack.s3().put_object().bucket(&stack.dev.bucket).key("c");
    let put = put
        .sse_customer_algorithm("AES256")
        .sse_customer_key("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
        .sse_customer_key_md5("y4HAEFCYWuvAXWFTtA1Qpg==");
    let refused = put.send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let why = refused.message().unwrap_or_default();
    assert!(why.contains("explicit deny"), "{why}");
}

const TOKENS: [&str; 2] = ["kfp_of-a", "kfp_of-b"];

#[tokio::test(flavor = "multi_thread")]
async fn a_publishers_own_key_opens_its_downloads_and_nobody_elses() {
    let stack = LocalStack::with_customer_keys().await;
    let publisher = |id: &str, token: &str, own: Option<&str>| {
        let mut entry = json!({
            "id": id,
            "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(token))}],
            "rules": [{
                "prefix": "read/", "methods": ["GET", "PUT", "DELETE"], "max_size": 1 << 20, "content_types": ["*/*"],
                "encryption": [MODE],
            }],
        });
        if let Some(own) = own {
            entry["customer_key"] = json!(own);
        }
        entry
    };
    let own = "arn:aws:ssm:us-east-1:111122223333:parameter/keyfront/keyfront-dev/publisher-key";
    let policy = json!({"v": 1, "publishers": [publisher("a", TOKENS[0], Some(own)), publisher("b", TOKENS[1], None)]});
    let body = Bytes::from(policy.to_string());
    stack.put_raw(".keyfront/publishers.json", body, &[]).await;
    let call = async |token: &str, method: Method, target: &str, body: Bytes| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        stack.wire().send(method, target, &headers, body).await
    };
    let [a, b] = TOKENS;
    for (token, key) in [(a, "read/of-a"), (b, "read/of-b")] {
        let stored = call(token, Method::PUT, &format!("/objects/{key}"), content(99)).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{key}: {stored:?}");
    }
    for (token, key, status) in [
        (a, "read/of-a", StatusCode::OK),
        // The system's key is everyone's who may read.
        (a, "read/of-b", StatusCode::OK),
        (b, "read/of-b", StatusCode::OK),
        (b, "read/of-a", StatusCode::FORBIDDEN),
    ] {
        let read = call(token, Method::GET, &format!("/read/{key}"), Bytes::new()).await;
        assert_eq!(read.status, status, "{token} {key}: {read:?}");
        match status {
            StatusCode::OK => assert_eq!(read.body, content(99)),
            _ => assert_eq!(read.code(), "customer-key-required"),
        }
    }
    let cdn = stack.cdn();
    let viewed = cdn.send(Method::GET, "/read/of-b", &[], Bytes::new()).await;
    assert_eq!(viewed.status, StatusCode::OK, "{viewed:?}");
    let viewed = cdn.send(Method::GET, "/read/of-a", &[], Bytes::new()).await;
    assert_eq!(viewed.status, StatusCode::FORBIDDEN, "{viewed:?}");
    assert_eq!(viewed.code(), "customer-key-required");
}
