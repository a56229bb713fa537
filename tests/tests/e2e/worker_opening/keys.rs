//! Data keys from KMS: denied, throttled, asked for once, kept for a while; the session that asks.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use http::{Method, StatusCode};
use keyfront_dev_kms::Operation;
use keyfront_tests::{
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::{LocalStack, content},
    stack::address,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Reading, entry, worker};

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
