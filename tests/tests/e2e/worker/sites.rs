//! Sites by host and prefix, refusals, and errors of the origin.

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    local_stack::LocalStack,
    stack::AwsCredentials,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

use super::{get, put, site, worker};

#[tokio::test(flavor = "multi_thread")]
async fn causes_in_the_origins_error_are_distinguished_and_never_leak() {
    let stack = LocalStack::start().await;
    let edge = stack.dev.credentials.edge.clone();
    put(&stack, "secret.txt", "secret", "no-store").await;

    let wrong_secret = AwsCredentials {
        secret_access_key: "wrong".to_owned(),
        ..edge.clone()
    };
    let wrong_token = AwsCredentials {
        session_token: Some("forged".to_owned()),
        ..edge.clone()
    };
    for (credentials, status, code) in [
        (&wrong_secret, 502, "signature-rejected"),
        (&wrong_token, 502, "signature-rejected"),
    ] {
        assert_problem(&worker(&stack, credentials), &stack, status, code).await;
    }

    let serving = worker(&stack, &edge);
    assert_eq!(get(&serving, "/secret.txt").await.body, "secret");
    stack.disable_key().await;
    assert_problem(&serving, &stack, 502, "kms-disabled").await;
}

/// Asks for the object and finds the code in answer and log, and nothing of S3's own words in either.
async fn assert_problem(worker: &Worker, stack: &LocalStack, status: u16, code: &str) {
    let answer = get(worker, "/secret.txt").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (status, code)
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let id = answer.header("x-keyfront-request-id");
    let line = worker.logged(id).await;
    assert!(
        line.contains(&format!("keyfront {code} request {id}")),
        "{line}"
    );
    let shown = format!("{}{}", String::from_utf8_lossy(&answer.body), worker.log());
    let dev = &stack.dev;
    for secret in [
        "<Code>",
        "arn:aws",
        "keyfront-edge",
        &dev.key_arn,
        &dev.credentials.edge.access_key_id,
        &dev.credentials.edge.secret_access_key,
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_or_a_valid_document_the_worker_refuses_everything() {
    let stack = LocalStack::start().await;
    put(&stack, "a", "a", "no-store").await;
    let none = AwsCredentials {
        access_key_id: String::new(),
        secret_access_key: String::new(),
        session_token: None,
    };
    let answer = get(&worker(&stack, &none), "/a").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "credentials-missing")
    );

    let good = WorkerConfig::of(&site(&stack.dev), &stack.dev.credentials.edge);
    let mut unknown_field = site(&stack.dev);
    unknown_field["public"] = json!(true);
    let inner = json!({"v": 1, "sites": [{"match": {}, "site": unknown_field}]});
    let outer = json!({"v": 1, "sites": [{"match": {}, "site": site(&stack.dev), "opens": true}]});
    for (config, why) in [
        (
            good.clone().with_var("KEYFRONT_SITES", ""),
            "KEYFRONT_SITES is not set",
        ),
        (
            good.clone().with_var("KEYFRONT_SITES", "{"),
            "KEYFRONT_SITES is invalid",
        ),
        (good.clone().with_sites(&inner), "public"),
        (good.clone().with_sites(&outer), "opens"),
    ] {
        let worker = Worker::start(&config);
        let answer = get(&worker, "/a").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (500, "site-invalid"),
            "{why}"
        );
        let line = worker.logged(answer.header("x-keyfront-request-id")).await;
        assert!(
            line.contains("keyfront site-invalid") && line.contains(why),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_sites_are_served_by_host_and_prefix_and_share_nothing() {
    let stack = LocalStack::start().await;
    for folder in ["one", "two", "two-deep"] {
        put(
            &stack,
            &format!("{folder}/x/page.txt"),
            folder,
            "max-age=60",
        )
        .await;
    }
    let under = |prefix: &str| {
        let mut site = site(&stack.dev);
        site["prefix"] = json!(prefix);
        site
    };
    let document = json!({"v": 1, "sites": [
        {"match": {"host": "one.example"}, "site": under("one/")},
        {"match": {"host": "two.example"}, "site": under("two/")},
        {"match": {"host": "two.example", "prefix": "/x/"}, "site": under("two-deep/")},
    ]});
    let config = WorkerConfig::default()
        .with_sites(&document)
        .with_credentials(&stack.dev.credentials.edge);
    let worker = Worker::start(&config);
    // Twice: the second time from the cache.
    for _ in 0..2 {
        for (host, expected) in [("one.example", "one"), ("TWO.example:8787", "two-deep")] {
            let headers = [("host", host)];
            let answer = worker
                .wire()
                .send(Method::GET, "/x/page.txt", &headers, Bytes::new())
                .await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body[..]),
                (200, expected.as_bytes())
            );
        }
    }
    let headers = [("host", "three.example")];
    let answer = worker
        .wire()
        .send(Method::GET, "/x/page.txt", &headers, Bytes::new())
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (404, "not-found")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn literal_dot_segments_are_resolved_before_the_worker_and_encoded_ones_are_refused() {
    let stack = LocalStack::start().await;
    put(&stack, "b", "b", "no-store").await;
    put(&stack, "a/b", "a/b", "no-store").await;
    let worker = worker(&stack, &stack.dev.credentials.edge);
    for (target, key) in [("/a/../b", "b"), ("/a/./b", "a/b"), ("/../b", "b")] {
        assert_eq!(get(&worker, target).await.body, key, "{target}");
    }
    for target in [
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/a/..%2fb",
        "/%2e/b",
        "/.keyfront/../%2e%2e/b",
    ] {
        assert_eq!(
            get(&worker, target).await.code(),
            "path-invalid",
            "{target}"
        );
    }
    for target in [
        "/x/../.keyfront/publishers.json",
        "/.keyfront/x/../publishers.json",
    ] {
        assert_eq!(get(&worker, target).await.code(), "not-found", "{target}");
    }
}
