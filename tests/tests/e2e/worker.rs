//! The built Worker in workerd, in front of the dev stack: what only this platform has.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{future::join_all, stream};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use keyfront_tests::{
    local_stack::{LocalStack, content},
    publisher, s3_client,
    stack::{AwsCredentials, Stack},
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

const GIB: u64 = 1 << 30;
const CHUNK: usize = 1 << 20;
/// What may be in flight in workerd: stream windows, the module's memory, allocator slack.
const ALLOWANCE: u64 = 96 << 20;
/// An isolate's limit on Cloudflare, for everything.
const OPENING_ALLOWANCE: u64 = 128 << 20;

/// The bucket's own site: path style, at the stack's S3.
fn site(dev: &keyfront_tests::stack::DevJson) -> Value {
    json!({
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
    })
}

fn worker(stack: &LocalStack, credentials: &AwsCredentials) -> Worker {
    Worker::start(&WorkerConfig::of(&site(&stack.dev), credentials))
}

async fn get(worker: &Worker, target: &str) -> Answer {
    worker.wire().get(target).await
}

/// An object past the publishers' API, with a `Cache-Control`.
async fn put(stack: &LocalStack, key: &str, body: &str, cache: &str) {
    let dev = &stack.dev;
    s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin)
        .put_object()
        .bucket(&dev.bucket)
        .key(key)
        .content_type("text/plain")
        .cache_control(cache)
        .body(body.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap();
}

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
