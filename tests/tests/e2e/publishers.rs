//! Publishers beside one another: two who write one key, and two who must not see each other's data.

use bytes::Bytes;
use futures::future::join_all;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::{LocalStack, content},
    wire::Answer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const WRITERS: u8 = 8;

/// What one writer stores: no two have a byte in common.
fn of_writer(number: u8) -> Bytes {
    Bytes::from(vec![number; 300_000 + usize::from(number)])
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_of_one_key_at_once_exactly_one_stores_and_nothing_is_mixed() {
    let stack = LocalStack::start().await;
    for mode in ["sse-kms", "envelope-kms"] {
        let key = format!("once/{mode}");
        let writers = (0..WRITERS).map(|n| stack.put(&key, mode, of_writer(n), &[]));
        let answers = join_all(writers).await;
        let stored: Vec<_> = (0..)
            .zip(&answers)
            .filter(|(_, answer)| answer.status == StatusCode::CREATED)
            .map(|(number, _)| number)
            .collect();
        assert_eq!(stored.len(), 1, "{mode}: {answers:?}");
        for answer in answers.iter().filter(|answer| !answer.status.is_success()) {
            let refused = ["already-exists", "write-conflict"];
            assert!(refused.contains(&answer.code().as_str()), "{answer:?}");
        }
        assert!(of_writer(stored[0]) == plain(&stack, &key, mode).await);

        // With `overwrite` all store, and the last one is whole: an envelope opens, so its body and key are one writer's.
        let target = format!("/objects/{key}?overwrite=true&encryption={mode}");
        let headers = [("content-type", "application/octet-stream")];
        let writers =
            (0..WRITERS).map(|n| stack.call(Method::PUT, &target, &headers, of_writer(n)));
        for answer in join_all(writers).await {
            let conflict = answer.status == StatusCode::CONFLICT;
            assert!(
                answer.status == StatusCode::CREATED || conflict,
                "{answer:?}"
            );
        }
        let last = plain(&stack, &key, mode).await;
        assert!(last == of_writer(last[0]), "{mode}: writers are mixed");
    }
}

async fn plain(stack: &LocalStack, key: &str, mode: &str) -> Bytes {
    if mode == "sse-kms" {
        return stack.raw(key).await.body;
    }
    let read = stack.read(key, &[]).await;
    assert_eq!(read.status, StatusCode::OK, "{read:?}");
    read.body
}

const TOKENS: [&str; 2] = ["kfp_of-a", "kfp_of-b"];

/// A stack with the publishers `a` and `b`, each with a folder of that name.
async fn with_two_publishers() -> LocalStack {
    let stack = LocalStack::start().await;
    let publisher = |id: &str, token: &str| {
        json!({
            "id": id,
            "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(token))}],
            "rules": [{
                "prefix": format!("{id}/"), "methods": ["GET", "PUT", "DELETE"], "max_size": 1 << 20,
                "content_types": ["*/*"], "overwrite": true, "encryption": ["envelope-kms", "sse-kms"],
            }],
        })
    };
    let policy =
        json!({"v": 1, "publishers": [publisher("a", TOKENS[0]), publisher("b", TOKENS[1])]});
    // Before the origin has read the policy for the first time.
    let policy = Bytes::from(policy.to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
    stack
}

async fn call(
    stack: &LocalStack,
    token: &str,
    method: Method,
    target: &str,
    body: Bytes,
) -> Answer {
    let bearer = format!("Bearer {token}");
    let kind = if method == Method::POST {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", kind),
        ("keyfront-file-name", "plans-of-a.pdf"),
    ];
    stack.wire().send(method, target, &headers, body).await
}

/// A refusal without what differs from request to request.
fn refusal(answer: &Answer, own_key: &str) -> (StatusCode, String) {
    assert!(answer.status.is_client_error(), "{answer:?}");
    let mut document: Value = answer.json();
    document["request_id"] = Value::Null;
    let text = document.to_string().replace(own_key, "KEY");
    for secret in ["plans-of-a", "a/secret", "\"a\"", "publisher a"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    (answer.status, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_learns_nothing_of_anothers_objects_not_even_whether_they_exist() {
    let stack = with_two_publishers().await;
    let [a, b] = TOKENS;
    let stored = call(&stack, a, Method::PUT, "/objects/a/secret", content(99)).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    let own = call(&stack, b, Method::PUT, "/objects/b/own", content(9)).await;
    assert_eq!(own.status, StatusCode::CREATED, "{own:?}");

    for (method, route) in [
        (Method::GET, "/objects/"),
        (Method::PUT, "/objects/"),
        (Method::DELETE, "/objects/"),
        (Method::GET, "/read/"),
    ] {
        let mut refusals = Vec::new();
        for key in ["a/secret", "a/absent"] {
            let target = format!("{route}{key}");
            let answer = call(&stack, b, method.clone(), &target, content(9)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {target}");
            refusals.push(refusal(&answer, key));
        }
        assert_eq!(refusals[0], refusals[1], "{method} {route}");
    }
    for (target, document) in [
        ("/shares", json!({"key": "a/secret", "expires": 60})),
        (
            "/uploads",
            json!({"key": "a/secret", "size": 9, "overwrite": true}),
        ),
    ] {
        let answer = call(&stack, b, Method::POST, target, document.to_string().into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{target} {answer:?}");
        refusal(&answer, "a/secret");
    }
    let listing = call(
        &stack,
        b,
        Method::GET,
        "/objects?metadata=true",
        Bytes::new(),
    )
    .await;
    let keys: Vec<_> = listing.json()["objects"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(keys[0]["key"], "b/own");
    let foreign = call(&stack, b, Method::GET, "/objects?prefix=a/", Bytes::new()).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);

    let raw = stack.raw("a/secret").await;
    assert_eq!(raw.body.len(), 99 + 16, "it is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_token_is_worth_nothing_to_another_publisher() {
    let stack = with_two_publishers().await;
    let [a, b] = TOKENS;
    let plan =
        json!({"key": "a/secret", "size": 9, "method": "multipart", "encryption": "sse-kms"});
    let begun = call(&stack, a, Method::POST, "/uploads", plan.to_string().into()).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
    let token = begun.json()["upload"].as_str().unwrap().to_owned();
    for (method, end, body) in [
        (Method::GET, "", Bytes::new()),
        (
            Method::POST,
            "/parts",
            Bytes::from_static(b"{\"parts\":[1]}"),
        ),
        (Method::POST, "/complete", Bytes::new()),
        (Method::DELETE, "", Bytes::new()),
    ] {
        let target = format!("/uploads/{token}{end}");
        let answer = call(&stack, b, method.clone(), &target, body).await;
        refusal(&answer, &token);
    }
    let target = format!("/uploads/{token}");
    let still = call(&stack, a, Method::GET, &target, Bytes::new()).await;
    assert_eq!(still.status, StatusCode::OK, "{still:?}");
}
