//! The cache of the platform.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::LocalStack,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

use super::{get, put, site};

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_answers_ranges_and_conditions_and_forgets_no_rule() {
    let stack = LocalStack::start().await;
    put(&stack, "kept.txt", "first version", "public, max-age=600").await;
    put(&stack, "passed.txt", "first version", "no-store").await;
    let mut site = site(&stack.dev);
    site["cors"] = json!([{"origins": ["https://a.example", "https://b.example"]}]);
    let worker = Worker::start(&WorkerConfig::of(&site, &stack.dev.credentials.edge));
    for key in ["/kept.txt", "/passed.txt"] {
        assert_eq!(get(&worker, key).await.body, "first version");
    }
    until_kept(&worker, "/kept.txt").await;
    for key in ["kept.txt", "passed.txt"] {
        put(&stack, key, "second version", "public, max-age=600").await;
    }
    assert_eq!(get(&worker, "/passed.txt").await.body, "second version");

    let send = async |method: Method, headers: &[(&str, &str)]| {
        worker
            .wire()
            .send(method, "/kept.txt?unlisted=1", headers, Bytes::new())
            .await
    };
    let whole = send(Method::GET, &[("origin", "https://a.example")]).await;
    assert_eq!(
        (whole.status.as_u16(), &whole.body[..]),
        (200, &b"first version"[..])
    );
    assert_eq!(
        whole.header("access-control-allow-origin"),
        "https://a.example"
    );
    let other = send(Method::GET, &[("origin", "https://b.example")]).await;
    assert_eq!(
        other.header("access-control-allow-origin"),
        "https://b.example"
    );
    let part = send(Method::GET, &[("range", "bytes=0-4")]).await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"first"[..]));
    let head = send(Method::HEAD, &[]).await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, "13")
    );
    let etag = whole.header("etag");
    let unchanged = send(Method::GET, &[("if-none-match", etag)]).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
    // The bucket evaluates a precondition, and there the object has changed.
    let failed = send(Method::GET, &[("if-match", etag)]).await;
    assert_eq!(failed.status, StatusCode::PRECONDITION_FAILED);
}

/// A copy is kept after the answer; waits for the first answer that comes from the cache.
async fn until_kept(worker: &Worker, target: &str) {
    for _ in 0..200 {
        let answer = get(worker, target).await;
        if !answer.header("age").is_empty() || answer.header("cf-cache-status") == "HIT" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{target} was never kept");
}
