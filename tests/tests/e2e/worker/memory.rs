//! A gibibyte, passed on and opened, in flat memory.

use bytes::Bytes;
use futures::stream;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use keyfront_tests::{
    stack::Stack,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

use super::{get, site};

const GIB: u64 = 1 << 30;
const CHUNK: usize = 1 << 20;
/// What may be in flight in workerd: stream windows, the module's memory, allocator slack.
const ALLOWANCE: u64 = 96 << 20;
/// An isolate's limit on Cloudflare, for everything.
const OPENING_ALLOWANCE: u64 = 128 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn one_gibibyte_streams_through_the_worker_with_flat_memory() {
    let stack = Stack::start_with(&[]);
    let bearer = stack.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    let body = stream::iter((0..GIB / CHUNK as u64).map(chunk));
    let put = stack
        .origin()
        .send_stream(Method::PUT, "/objects/large", &headers, GIB, body)
        .await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");

    let worker = Worker::start(&WorkerConfig::of(
        &site(&stack.dev),
        &stack.dev.credentials.edge,
    ));
    stays_flat(&worker, "/large", ALLOWANCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gibibyte_is_opened_in_the_worker_with_flat_memory() {
    let stack = Stack::start_with(&[]);
    let bearer = stack.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    let body = stream::iter((0..GIB / CHUNK as u64).map(chunk));
    let target = "/objects/r/large?encryption=envelope-kms";
    let put = stack
        .origin()
        .send_stream(Method::PUT, target, &headers, GIB, body)
        .await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");

    let dev = &stack.dev;
    let mut opening = site(dev);
    opening["reader"] = json!({"prefix": "/r", "host": "reader.example.com", "region": dev.region});
    let open = json!({"kms_key": dev.key_arn, "kms_endpoint": dev.kms_url});
    let document = json!({"v": 1, "sites": [{"match": {}, "site": opening, "open": open}]});
    let config = WorkerConfig::default()
        .with_sites(&document)
        .with_credentials(&dev.credentials.origin);
    let worker = Worker::start(&config);
    stays_flat(&worker, "/r/large", OPENING_ALLOWANCE).await;
}

/// Reads 1 GiB, and finds that workerd did not grow by more than it may.
async fn stays_flat(worker: &Worker, target: &str, allowance: u64) {
    let missing = get(worker, &format!("{target}-missing")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let idle = peak_memory(worker.runtime_pid());
    let answer = worker.wire().open(target).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-length"], GIB.to_string());
    let (mut body, mut position) = (answer.into_body(), 0);
    while let Some(frame) = body.frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        check(&bytes, position);
        position += bytes.len() as u64;
    }
    assert_eq!(position, GIB);
    let read = peak_memory(worker.runtime_pid());
    println!(
        "workerd's peak memory: idle {} MiB, after GET {} MiB",
        idle >> 20,
        read >> 20
    );
    assert!(
        read - idle <= allowance,
        "memory grew by {} MiB",
        (read - idle) >> 20
    );
}

/// Content that differs at every chunk, so that a repeated or dropped one is noticed.
fn chunk(n: u64) -> Bytes {
    Bytes::from(vec![(n % 251) as u8; CHUNK])
}

fn check(bytes: &[u8], position: u64) {
    for (offset, byte) in bytes.iter().enumerate().step_by(4096) {
        let n = (position + offset as u64) / CHUNK as u64;
        assert_eq!(u64::from(*byte), n % 251, "at {}", position + offset as u64);
    }
}

/// The largest resident set so far, in bytes.
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes << 10
}
