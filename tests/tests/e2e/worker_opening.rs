//! Envelopes opened in the built Worker, in workerd, in front of the stack's own S3, KMS and STS.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures::future::join_all;
use http::{Method, StatusCode};
use keyfront_dev_kms::Operation;
use keyfront_tests::{
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::{LocalStack, content},
    stack::{AwsCredentials, address},
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Under the limit up to which these Workers verify an object before it leaves.
const SMALL: usize = 60_000;
/// Over it, and longer than three segments.
const LARGE: usize = 900_001;
const VERIFY_LIMIT: usize = 65_536;
/// The Function URL of the stack's own site.
const FUNCTION_HOST: &str = "keyfrontdevpublishfunctionurl000.lambda-url.eu-west-1.on.aws";

/// A Worker over the stack's bucket that opens what lies under `r/`.
struct Reading {
    stack: LocalStack,
    worker: Worker,
}

fn entry(stack: &LocalStack, open: &[(&str, Value)]) -> Value {
    let dev = &stack.dev;
    let mut entry = json!({"match": {}, "site": {
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
        "reader": {"prefix": "/r", "host": "reader.example.com", "region": dev.region},
    }, "open": {
        "kms_key": dev.key_arn, "kms_endpoint": dev.kms_url, "verify_limit": VERIFY_LIMIT,
    }});
    for (field, value) in open {
        entry["open"][field] = value.clone();
    }
    entry
}

fn worker(entry: &Value, credentials: &AwsCredentials) -> Worker {
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [entry]}))
        .with_credentials(credentials);
    Worker::start(&config)
}

impl Reading {
    async fn start(open: &[(&str, Value)]) -> Self {
        let stack = LocalStack::start().await;
        let worker = worker(&entry(&stack, open), &stack.dev.credentials.origin);
        Self { stack, worker }
    }

    async fn put(&self, key: &str, mode: &str, plain: &Bytes) {
        let stored = self.stack.put(key, mode, plain.clone(), &[]).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    }

    async fn send(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Answer {
        let wire = self.worker.wire();
        wire.send(method, &format!("/{key}"), headers, Bytes::new())
            .await
    }

    async fn get(&self, key: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, key, headers).await
    }

    /// Whether a read is answered with a whole object.
    async fn completes(&self, key: &str) -> bool {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = reqwest::get(format!("{}/{key}", self.worker.url())).await;
        let answer = answer.unwrap();
        answer.status() == StatusCode::OK && answer.bytes().await.is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_opens_what_the_origin_sealed_and_shows_no_envelope() {
    let reading = Reading::start(&[("commitment", json!("optional"))]).await;
    for (mode, length) in [
        ("envelope-kms", SMALL),
        ("envelope-kms-v2", SMALL),
        ("envelope-kms", LARGE),
        ("envelope-kms-v2", LARGE),
        ("envelope-kms", 0),
    ] {
        let plain = content(length);
        let key = format!("r/docs/{mode}-{length}");
        reading.put(&key, mode, &plain).await;
        let read = reading.get(&key, &[]).await;
        assert_eq!(
            read.status,
            StatusCode::OK,
            "{mode} {length}: {}",
            reading.worker.log()
        );
        assert_eq!(read.body, plain, "{mode} {length}");
        assert_eq!(read.header("content-length"), length.to_string());
        assert_eq!(read.header("accept-ranges"), "bytes");
        assert_eq!(read.header("x-content-type-options"), "nosniff");
        let verified = length <= VERIFY_LIMIT;
        let cache = if verified {
            "public, max-age=60, stale-if-error=0"
        } else {
            "no-store"
        };
        assert_eq!(read.header("cache-control"), cache);
        let leaked = read
            .headers
            .keys()
            .find(|name| name.as_str().starts_with("x-amz"));
        assert_eq!(leaked, None);
        let head = reading.send(Method::HEAD, &key, &[]).await;
        assert_eq!(head.status, StatusCode::OK);
        assert_eq!(
            head.header("content-length"),
            length.to_string(),
            "{mode} {length}"
        );
        assert_eq!(head.header("etag"), read.header("etag"));
        assert!(head.body.is_empty());
    }
    // Beside the reader's prefix nothing is opened.
    reading.put("raw", "envelope-kms", &content(SMALL)).await;
    let sealed = reading.get("raw", &[]).await;
    assert_eq!(
        (sealed.status, sealed.body.len()),
        (StatusCode::OK, SMALL + 16)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_ranges_count_on_the_plaintext() {
    let reading = Reading::start(&[]).await;
    for (key, length, cache) in [
        ("r/small", SMALL, "public, max-age=60, stale-if-error=0"),
        ("r/large", LARGE, "no-store"),
    ] {
        let plain = content(length);
        reading.put(key, "envelope-kms", &plain).await;
        let last = length - 1;
        for (range, first, end) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=17-4242".to_owned(), 17, 4243),
            (format!("bytes={last}-"), last, length),
            ("bytes=-33".to_owned(), length - 33, length),
            (format!("bytes=5-{}", length + 100), 5, length),
        ] {
            let part = reading.get(key, &[("range", &range)]).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key} {range}");
            assert_eq!(part.body, plain.slice(first..end), "{key} {range}");
            let content_range = format!("bytes {first}-{}/{length}", end - 1);
            assert_eq!(part.header("content-range"), content_range);
            assert_eq!(part.header("cache-control"), cache);
        }
        let beyond = format!("bytes={length}-");
        let beyond = reading.get(key, &[("range", &beyond)]).await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        let several = reading.get(key, &[("range", "bytes=0-1,4-5")]).await;
        assert_eq!((several.status, several.body), (StatusCode::OK, plain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_conditions_are_evaluated_on_the_plaintexts_entity_tag() {
    let reading = Reading::start(&[]).await;
    reading.put("r/a", "envelope-kms", &content(SMALL)).await;
    let first = reading.get("r/a", &[]).await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    for (name, value, status) in [
        ("if-none-match", etag, StatusCode::NOT_MODIFIED),
        ("if-none-match", "\"other\"", StatusCode::OK),
        ("if-match", etag, StatusCode::OK),
        ("if-match", "\"other\"", StatusCode::PRECONDITION_FAILED),
        ("if-modified-since", modified, StatusCode::NOT_MODIFIED),
    ] {
        let answer = reading.get("r/a", &[(name, value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
    for (if_range, status) in [
        (etag, StatusCode::PARTIAL_CONTENT),
        ("\"other\"", StatusCode::OK),
    ] {
        let headers = [("range", "bytes=0-9"), ("if-range", if_range)];
        assert_eq!(reading.get("r/a", &headers).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_envelope_gives_no_complete_answer_from_the_worker() {
    let reading = Reading::start(&[]).await;
    for (key, length) in [("r/small", SMALL), ("r/large", LARGE)] {
        reading.put(key, "envelope-kms", &content(length)).await;
        let raw = reading.stack.raw(key).await;
        for at in [500, length - 1, length + 15] {
            let mut flipped = raw.body.to_vec();
            flipped[at] ^= 1;
            let body = Bytes::from(flipped);
            reading.stack.overwrite_raw(key, body, &raw).await;
            if length == SMALL {
                let read = reading.get(key, &[]).await;
                assert_eq!(
                    (read.status, read.code().as_str()),
                    (StatusCode::BAD_GATEWAY, "envelope-invalid")
                );
                assert_eq!(read.header("cache-control"), "no-store");
                // A range of what is verified whole is verified as well.
                let part = reading.get(key, &[("range", "bytes=0-9")]).await;
                assert_eq!(part.code(), "envelope-invalid");
            } else {
                assert!(!reading.completes(key).await, "a bit is flipped at {at}");
            }
        }
        // Every byte of a truncated one is of another object by its length, and its tag does not verify.
        let cut = raw.body.slice(..length - 1);
        reading.stack.overwrite_raw(key, cut, &raw).await;
        if length == SMALL {
            assert_eq!(reading.get(key, &[]).await.code(), "envelope-invalid");
        } else {
            assert!(!reading.completes(key).await);
        }
    }
    reading.worker.logged("envelope-invalid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_refuses_what_it_must_not_open() {
    let reading = Reading::start(&[]).await;
    reading.put("r/a", "envelope-kms", &content(64)).await;
    let raw = reading.stack.raw("r/a").await;
    reading
        .stack
        .overwrite_raw("r/b", raw.body.clone(), &raw)
        .await;
    reading.put("r/v2", "envelope-kms-v2", &content(64)).await;
    reading.put("r/key", "envelope-key", &content(64)).await;
    reading.put("r/plain", "sse-kms", &content(64)).await;
    for (key, status, code) in [
        ("r/b", 502, "envelope-refused"),
        ("r/v2", 502, "envelope-refused"),
        ("r/key", 502, "envelope-refused"),
        ("r/plain", 404, "not-found"),
        ("r/absent", 404, "not-found"),
    ] {
        let answer = reading.get(key, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{key}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_too_large_to_verify_goes_the_configured_way() {
    let reading = Reading::start(&[("larger", json!("ranges"))]).await;
    let plain = content(LARGE);
    reading.put("r/a", "envelope-kms", &plain).await;
    let whole = reading.get("r/a", &[]).await;
    assert_eq!(
        (whole.status, whole.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "use-range")
    );
    let part = reading
        .get("r/a", &[("range", "bytes=100000-199999")])
        .await;
    assert_eq!(part.body, plain.slice(100_000..200_000));
    let to_reader = entry(&reading.stack, &[("larger", json!("reader"))]);
    let credentials = &reading.stack.dev.credentials.origin;
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [to_reader]}))
        .with_credentials(credentials)
        .with_host("reader.example.com", "http://127.0.0.1:1");
    let other = Worker::start(&config);
    let answer = other.wire().get("/r/a").await;
    assert_eq!(answer.code(), "origin-failed", "nobody is the reader there");
}

#[tokio::test(flavor = "multi_thread")]
async fn kms_denied_and_disabled_are_distinguished_by_the_worker() {
    let reading = Reading::start(&[("cached_keys", json!(0))]).await;
    let plain = content(64);
    reading.put("r/a", "envelope-kms", &plain).await;
    // The edge's own role may use the key through S3 alone.
    let edge = worker(
        &entry(&reading.stack, &[]),
        &reading.stack.dev.credentials.edge,
    );
    let denied = edge.wire().get("/r/a").await;
    assert_eq!(
        (denied.status, denied.code().as_str()),
        (StatusCode::BAD_GATEWAY, "kms-denied")
    );
    assert_eq!(reading.get("r/a", &[]).await.body, plain);
    reading.stack.disable_key().await;
    let disabled = reading.get("r/a", &[]).await;
    assert_eq!(
        (disabled.status, disabled.code().as_str()),
        (StatusCode::BAD_GATEWAY, "kms-disabled")
    );
    reading.worker.logged("kms-disabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kms_throttling_is_retried_twice_and_reported_as_throttled() {
    let stack = LocalStack::start().await;
    let plain = content(64);
    stack.put("r/a", "envelope-kms", plain.clone(), &[]).await;
    let kms = FaultProxy::start(&stack.dev.kms_url).await;
    let open = [
        ("kms_endpoint", json!(kms.url())),
        ("cached_keys", json!(0)),
    ];
    let serving = worker(&entry(&stack, &open), &stack.dev.credentials.origin);
    let throttle = |times| {
        let text = r#"{"__type":"ThrottlingException","message":"Rate exceeded for 111122223333"}"#;
        kms.fail(Rule {
            method: Method::POST,
            about: "TrentService.Decrypt",
            fault: Fault::Answer(StatusCode::BAD_REQUEST, text),
            times,
        });
    };
    throttle(2);
    let read = serving.wire().get("/r/a").await;
    assert_eq!(
        (read.status, read.body),
        (StatusCode::OK, plain.clone()),
        "{}",
        serving.log()
    );
    assert_eq!(kms.heal(), 2);

    throttle(usize::MAX);
    let refused = serving.wire().get("/r/a").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "throttled")
    );
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(kms.heal(), 3);
    assert!(!String::from_utf8_lossy(&refused.body).contains("Rate"));
    assert_eq!(serving.wire().get("/r/a").await.body, plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_who_need_one_data_key_at_one_time_cost_one_call_to_kms() {
    let stack = LocalStack::start().await;
    let plain = content(64);
    stack.put("r/a", "envelope-kms", plain.clone(), &[]).await;
    let kms = Counted::before(&stack.dev.kms_url).await;
    let open = [("kms_endpoint", json!(kms.url))];
    let serving = worker(&entry(&stack, &open), &stack.dev.credentials.origin);
    let answers = join_all((0..20).map(async |_| serving.wire().get("/r/a").await)).await;
    for answer in answers {
        assert_eq!(
            (answer.status, answer.body),
            (StatusCode::OK, plain.clone()),
            "{}",
            serving.log()
        );
    }
    assert_eq!(kms.posts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_keeps_an_opened_data_key_for_its_time_and_count() {
    let kept = Reading::start(&[("cached_seconds", json!(300))]).await;
    let not_kept = worker(
        &entry(&kept.stack, &[("cached_keys", json!(0))]),
        &kept.stack.dev.credentials.origin,
    );
    kept.put("r/a", "envelope-kms", &content(64)).await;
    let decrypts = || kept.stack.kms().calls().of(Operation::Decrypt);
    let mut costs = Vec::new();
    for wire in [
        kept.worker.wire(),
        kept.worker.wire(),
        kept.worker.wire(),
        not_kept.wire(),
        not_kept.wire(),
    ] {
        let before = decrypts();
        assert_eq!(wire.get("/r/a").await.status, StatusCode::OK);
        costs.push(decrypts() - before);
    }
    // S3's own call for the object's SSE-KMS key is in each.
    let through_s3 = costs[1];
    assert_eq!(
        costs,
        [
            through_s3 + 1,
            through_s3,
            through_s3,
            through_s3 + 1,
            through_s3 + 1
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_file_is_read_by_the_worker() {
    let reading = Reading::start(&[("commitment", json!("optional"))]).await;
    let plain = content(SMALL);
    for mode in ["envelope-kms", "envelope-kms-v2"] {
        let key = format!("r/{mode}");
        reading.put(&key, mode, &plain).await;
        let raw = reading.stack.raw(&key).await;
        let on_object = |name: &&String| ["x-amz-c", "x-amz-d", "x-amz-i"].contains(&name.as_str());
        let (object, file): (Vec<_>, Vec<_>) = raw
            .metadata
            .iter()
            .filter(|(name, _)| !name.starts_with("keyfront"))
            .partition(|(name, _)| mode == "envelope-kms" && on_object(name));
        let file: serde_json::Map<String, Value> = file
            .into_iter()
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let object: Vec<_> = object
            .into_iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = Bytes::from(serde_json::to_vec(&file).unwrap());
        reading.stack.put_raw(&key, raw.body.clone(), &object).await;
        let marker = [("x-amz-crypto-instr-file", "")];
        reading
            .stack
            .put_raw(&format!("{key}.instruction"), body, &marker)
            .await;
        let read = reading.get(&key, &[]).await;
        assert_eq!(
            (read.status, read.body),
            (StatusCode::OK, plain.clone()),
            "{mode} {}",
            reading.worker.log()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_coding_of_the_plaintext_does_not_decode_the_ciphertext() {
    let reading = Reading::start(&[]).await;
    for (key, length) in [("r/small", SMALL), ("r/large", LARGE)] {
        let plain = content(length);
        let headers = [("content-encoding", "gzip")];
        let stored = reading
            .stack
            .put(key, "envelope-kms", plain.clone(), &headers)
            .await;
        assert_eq!(stored.status, StatusCode::CREATED);
        let read = reading.get(key, &[("accept-encoding", "gzip")]).await;
        assert_eq!(read.header("content-encoding"), "gzip");
        assert_eq!(read.body, plain, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_with_one_session_of_the_entrys_role() {
    let stack = LocalStack::start().await;
    let plain = content(64);
    stack.put("r/a", "envelope-kms", plain.clone(), &[]).await;
    let sts = Counted::before(&stack.dev.sts_url).await;
    let account = stack.dev.key_arn.split(':').nth(4).unwrap().to_owned();
    let role = |name: &str| {
        json!({
            "arn": format!("arn:aws:iam::{account}:role/{name}"), "region": stack.dev.region, "endpoint": sts.url,
        })
    };
    let mut entry = entry(&stack, &[]);
    entry["role"] = role("keyfront-origin");
    let serving = worker(&entry, &stack.dev.credentials.admin);
    let answers = join_all((0..20).map(async |_| serving.wire().get("/r/a").await)).await;
    for answer in answers {
        assert_eq!(
            (answer.status, answer.body),
            (StatusCode::OK, plain.clone()),
            "{}",
            serving.log()
        );
    }
    assert_eq!(sts.posts(), 1);

    entry["role"] = role("nobody");
    let refused = worker(&entry, &stack.dev.credentials.admin);
    let answer = refused.wire().get("/r/a").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "credentials-missing")
    );
    refused.logged("AccessDenied").await;
}

/// A relay that counts the POSTs that go through.
struct Counted {
    url: String,
    posts: Arc<AtomicUsize>,
}

impl Counted {
    async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            posts: Arc::default(),
        };
        let (target, posts) = (address(url), Arc::clone(&relay.posts));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let posts = Arc::clone(&posts);
                tokio::spawn(async move {
                    let (mut from, mut to) = client.into_split();
                    let (mut answers, mut request_half) =
                        TcpStream::connect(target).await.unwrap().into_split();
                    tokio::spawn(async move { tokio::io::copy(&mut answers, &mut to).await });
                    let mut buffer = vec![0; 65_536];
                    while let Ok(length @ 1..) = from.read(&mut buffer).await {
                        let text = &buffer[..length];
                        let found = text
                            .windows(7)
                            .filter(|window| window == b"POST / ")
                            .count();
                        posts.fetch_add(found, Ordering::Relaxed);
                        if request_half.write_all(text).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        relay
    }

    fn posts(&self) -> usize {
        self.posts.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_worker_does_not_open_is_read_through_the_readers_function_url() {
    let stack = LocalStack::start().await;
    let plain = content(LARGE);
    stack
        .put("read/a b+c", "envelope-kms", plain.clone(), &[])
        .await;
    let mut left = entry(&stack, &[]);
    left.as_object_mut().unwrap().remove("open");
    // The prefix under which the origin lets viewers read.
    left["site"]["reader"]["prefix"] = json!("/read");
    left["site"]["reader"]["host"] = json!(FUNCTION_HOST);
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [left]}))
        .with_credentials(&stack.dev.credentials.edge)
        .with_host(FUNCTION_HOST, &stack.function_url());
    let serving = Worker::start(&config);
    let wire = serving.wire();
    let read = wire.get("/read/a%20b+c").await;
    assert_eq!(
        (read.status, &read.body),
        (StatusCode::OK, &plain),
        "{}",
        serving.log()
    );
    assert_eq!(read.header("content-length"), LARGE.to_string());
    let range = [("range", "bytes=17-4242")];
    let part = wire
        .send(Method::GET, "/read/a%20b+c", &range, Bytes::new())
        .await;
    assert_eq!(
        (part.status, part.body),
        (StatusCode::PARTIAL_CONTENT, plain.slice(17..4243))
    );
    let head = wire
        .send(Method::HEAD, "/read/a%20b+c", &[], Bytes::new())
        .await;
    assert_eq!(
        (head.status, head.header("etag")),
        (StatusCode::OK, read.header("etag"))
    );
    assert_eq!(wire.get("/read/absent").await.code(), "not-found");
}
