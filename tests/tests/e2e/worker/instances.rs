//! Viewers who leave, panics, and secrets replaced while many read.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::{LocalStack, content},
    publisher,
    stack::Stack,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

use super::{get, put, site, worker};

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_leaves_ends_the_read_and_the_worker_serves_on() {
    let stack = LocalStack::start().await;
    stack.put("big.bin", "sse-kms", content(4 << 20), &[]).await;
    let worker = worker(&stack, &stack.dev.credentials.edge);
    for _ in 0..8 {
        let answer = worker.wire().open("/big.bin").await;
        assert_eq!(answer.status(), StatusCode::OK);
        drop(answer);
    }
    let whole = get(&worker, "/big.bin").await;
    assert_eq!(whole.body, content(4 << 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered_and_the_next_request_gets_a_new_instance() {
    let stack = LocalStack::start().await;
    put(&stack, "a", "a", "no-store").await;
    let config = WorkerConfig::of(&site(&stack.dev), &stack.dev.credentials.edge).with_breaking();
    let worker = Worker::start(&config);
    for _ in 0..3 {
        assert_eq!(get(&worker, "/a").await.body, "a", "{}", worker.log());
        // Breaks, and is answered as the runtime answers what hangs.
        let broken = get(&worker, "/break").await;
        assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
        let panicking = get(&worker, "/a").await;
        assert_eq!(
            (panicking.status, panicking.code().as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, "event-invalid"),
            "{}",
            worker.log()
        );
        assert_eq!(panicking.header("cache-control"), "no-store");
        let line = worker
            .logged(panicking.header("x-keyfront-request-id"))
            .await;
        assert!(line.contains("the module panicked at "), "{line}");
    }
    assert_eq!(get(&worker, "/a").await.body, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_clients_read_through_the_worker_while_its_secrets_are_replaced() {
    let stack = Stack::start_with(&["--ephemeral", "--rotate-every", "1"]);
    publisher::publish(&stack, "rotation.txt", "read me").await;
    let file = stack.folder().join("dev.json");
    let sites = json!({"v": 1, "sites": [{"match": {}, "site": site(&stack.dev)}]});
    let config = WorkerConfig::default()
        .with_sites(&sites)
        .with_rotating(file.clone());
    let worker = Worker::start(&config);
    let started = Instant::now();
    let running = || started.elapsed() < Duration::from_secs(6);
    let mut seen = BTreeSet::new();
    let watch = async {
        while running() {
            let dev: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            seen.insert(dev["credentials"]["edge"]["access_key_id"].to_string());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // This condition is never answered from the cache: each read is signed.
    let read = join_all((0..8).map(async |_| {
        let mut reads = 0;
        while running() {
            let headers = [("if-unmodified-since", "Fri, 01 Jan 2100 00:00:00 GMT")];
            let answer = worker
                .wire()
                .send(Method::GET, "/rotation.txt", &headers, Bytes::new())
                .await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body[..]),
                (200, &b"read me"[..])
            );
            reads += 1;
        }
        reads
    }));
    let ((), reads) = tokio::join!(watch, read);
    assert!(reads.iter().all(|reads| *reads > 10), "{reads:?}");
    assert!(seen.len() >= 4, "only {} sessions", seen.len());
}
