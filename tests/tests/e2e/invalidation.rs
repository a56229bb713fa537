//! A change by the publishers' API reaches the CDN at once, or its answer says when.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_stack::Grant;
use keyfront_tests::{
    local_stack::LocalStack,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::uploads::send;

/// A key whose path is not its text.
const KEY: &str = "a b/c+d*é.bin";
const PATH: &str = "/a%20b/c+d*%C3%A9.bin";

async fn put(stack: &LocalStack, content: &'static str) -> Answer {
    let target = format!("/objects{PATH}?overwrite=true");
    let headers = [("content-type", "application/octet-stream")];
    let content = Bytes::from_static(content.as_bytes());
    stack.call(Method::PUT, &target, &headers, content).await
}

/// A stack whose CDN has a copy of the object.
async fn with_a_copy(stack: LocalStack) -> LocalStack {
    let stored = put(&stack, "old").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    for _ in 0..2 {
        assert_eq!(stack.cdn().get(PATH).await.body, "old");
    }
    // Past the publishers' API nobody tells the CDN, so that it is a copy that viewers get.
    stack.put_raw(KEY, Bytes::from_static(b"untold"), &[]).await;
    assert_eq!(stack.cdn().get(PATH).await.body, "old");
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_is_404_on_the_cdn_at_once() {
    let stack = with_a_copy(LocalStack::start().await).await;
    let deleted = stack.delete(KEY).await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    assert_eq!(deleted.json(), json!({"key": KEY, "cdn": "invalidated"}));
    let gone = stack.cdn().get(PATH).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overwritten_object_is_new_on_the_cdn_at_once() {
    let stack = with_a_copy(LocalStack::start().await).await;
    let stored = put(&stack, "new").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stored.json()["cdn"], "invalidated");
    assert_eq!(stack.cdn().get(PATH).await.body, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_together_all_reach_the_cdn() {
    let stack = LocalStack::start().await;
    let keys: Vec<String> = (0..12).map(|at| format!("many/{at}")).collect();
    for key in &keys {
        stack.put_raw(key, Bytes::from_static(b"old"), &[]).await;
        assert_eq!(stack.cdn().get(&format!("/{key}")).await.body, "old");
    }
    let deleted = futures::future::join_all(keys.iter().map(|key| stack.delete(key))).await;
    for (key, answer) in keys.iter().zip(deleted) {
        assert_eq!(answer.json()["cdn"], "invalidated", "{key}");
        let gone = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cdn_that_refuses_is_reported_as_the_time_copies_live_and_the_change_is_made() {
    for (statement, action) in [
        ("InvalidateTheDistribution", "cloudfront:CreateInvalidation"),
        ("FindTheDistribution", "ssm:GetParameter"),
    ] {
        let refusing = LocalStack::without(Grant {
            holder: "OriginRole".to_owned(),
            statement: statement.to_owned(),
            action: action.to_owned(),
        });
        let stack = with_a_copy(refusing.await).await;
        let stored = put(&stack, "new").await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
        // The object that was replaced named no time, and CloudFront keeps such a copy for a day.
        assert_eq!(stored.json()["cdn"], "expires-in 86400", "{action}");
        assert_eq!(&stack.raw(KEY).await.body[..], b"new");
        let deleted = stack.delete(KEY).await;
        assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
        // What the dev stack's rule stores objects with.
        assert_eq!(deleted.json()["cdn"], "expires-in 60", "{action}");
        assert!(!stack.exists(KEY).await);
        assert_eq!(stack.cdn().get(PATH).await.body, "old");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caching_an_upload_asks_for_says_nothing_of_the_copies_of_what_it_replaces() {
    let stack = LocalStack::without(Grant {
        holder: "OriginRole".to_owned(),
        statement: "InvalidateTheDistribution".to_owned(),
        action: "cloudfront:CreateInvalidation".to_owned(),
    })
    .await;
    let target = "/objects/new.bin?overwrite=true&cache_control=no-store";
    let stored = stack.call(Method::PUT, target, &[], "new".into()).await;
    // What was there before, nobody knows: the dev stack's rule lets copies live for a minute.
    assert_eq!(stored.json()["cdn"], "expires-in 60", "{stored:?}");

    let json_type = [("content-type", "application/json")];
    let document =
        json!({"key": "new.bin", "size": 3, "overwrite": true, "cache_control": "no-store"});
    let begun = stack.call(
        Method::POST,
        "/uploads",
        &json_type,
        document.to_string().into(),
    );
    let begun = begun.await.json();
    let url = begun["url"].as_str().unwrap();
    let slash = url.find("://").unwrap() + 3;
    let slash = slash + url[slash..].find('/').unwrap();
    let headers = begun["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let s3 = Wire::plain(&url[..slash]);
    let sent = s3.send(Method::PUT, &url[slash..], &headers, "new".into());
    assert_eq!(sent.await.status, StatusCode::OK);
    let target = format!("/uploads/{}/complete", begun["upload"].as_str().unwrap());
    let completed = stack.call(Method::POST, &target, &[], Bytes::new()).await;
    assert_eq!(completed.json()["cdn"], "expires-in 60", "{completed:?}");
}

/// Replaces an object as a publisher who may do nothing else: what the answer says besides what differs from write to write.
async fn replaced_unseen(stack: &LocalStack, key: &str, method: &str) -> Value {
    let headers = [
        ("authorization", "Bearer kfp_put"),
        ("content-type", "text/plain"),
    ];
    let wire = stack.wire();
    let ask = async |target: &str, document: Value| {
        let headers = [headers[0], ("content-type", "application/json")];
        let body = Bytes::from(document.to_string());
        let answer = wire.send(Method::POST, target, &headers, body).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.json()
    };
    let mut answer = if method == "through" {
        let target = format!("/objects/drop/{key}?overwrite=true");
        let stored = wire.send(Method::PUT, &target, &headers, "new".into());
        stored.await.json()
    } else {
        let document = json!({
            "key": format!("drop/{key}"), "size": 3, "content_type": "text/plain", "method": method,
            "overwrite": true,
        });
        let begun = ask("/uploads", document).await;
        let upload = format!("/uploads/{}", begun["upload"].as_str().unwrap());
        let parts = ask(&format!("{upload}/parts"), json!({"parts": [1]})).await;
        let sent = send(&parts["parts"][0], "new").await;
        assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
        ask(&format!("{upload}/complete"), json!({})).await
    };
    for name in ["etag", "key", "path", "url"] {
        answer[name] = Value::Null;
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_put_is_told_the_same_whether_or_not_there_was_an_object() {
    let stack = LocalStack::without(Grant {
        holder: "OriginRole".to_owned(),
        statement: "InvalidateTheDistribution".to_owned(),
        action: "cloudfront:CreateInvalidation".to_owned(),
    })
    .await;
    let policy = json!({"v": 2, "publishers": [{
        "id": "put",
        "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest("kfp_put"))}],
        "rules": [{
            "prefix": "drop/", "methods": ["PUT"], "max_size": 9, "content_types": ["*/*"], "overwrite": true,
        }],
    }]});
    let policy = Bytes::from(policy.to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
    for method in ["through", "multipart"] {
        let key = format!("{method}-there");
        let there = stack.s3().put_object().bucket(&stack.dev.bucket);
        let there = there
            .key(format!("drop/{key}"))
            .cache_control("public, max-age=4242");
        there.body(b"old".to_vec().into()).send().await.unwrap();
        let replaced = replaced_unseen(&stack, &key, method).await;
        let created = replaced_unseen(&stack, &format!("{method}-not"), method).await;
        assert_eq!(replaced, created, "{method}");
        assert_eq!(created["cdn"], "expires-in 300", "{created}");
    }
}
