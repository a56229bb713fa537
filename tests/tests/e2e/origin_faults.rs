//! The origin when what it stands on fails: KMS and S3 behind a proxy that fails on request, and the origin itself killed.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_tests::{
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::{LocalStack, content},
    origin_process::OriginProcess,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

const SLOW_DOWN: Fault = Fault::Answer(
    StatusCode::SERVICE_UNAVAILABLE,
    "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
);
const INTERNAL: Fault = Fault::Answer(
    StatusCode::INTERNAL_SERVER_ERROR,
    "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>",
);
const FOR_EVER: usize = 1000;

fn kms(error: &'static str) -> Fault {
    Fault::Answer(StatusCode::BAD_REQUEST, error)
}

struct Stage {
    stack: LocalStack,
    s3: FaultProxy,
    kms: FaultProxy,
    origin: OriginProcess,
}

impl Stage {
    async fn open() -> Self {
        let stack = LocalStack::start().await;
        let s3 = FaultProxy::start(&stack.dev.s3_url).await;
        let kms = FaultProxy::start(&stack.dev.kms_url).await;
        let origin = OriginProcess::start(&stack.dev, &s3.url(), &kms.url());
        Self {
            stack,
            s3,
            kms,
            origin,
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.stack.dev.publisher_token)
    }

    async fn send(&self, method: Method, target: &str, body: impl Into<Bytes>) -> Answer {
        let bearer = self.bearer();
        let kind = if target.starts_with("/uploads") {
            "application/json"
        } else {
            "application/octet-stream"
        };
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        self.origin
            .wire()
            .send(method, target, &headers, body.into())
            .await
    }

    async fn put(&self, key: &str, mode: &str, length: usize) -> Answer {
        let target = format!("/objects/{key}?encryption={mode}");
        self.send(Method::PUT, &target, content(length)).await
    }

    async fn ask(&self, target: &str, document: Value) -> Value {
        let answer = self.send(Method::POST, target, document.to_string()).await;
        assert!(answer.status.is_success(), "{target}: {answer:?}");
        answer.json()
    }
}

fn status_and_code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kms_refuses_is_reported_by_its_cause_and_stores_nothing() {
    let stage = Stage::open().await;
    for (error, status, code) in [
        (
            r#"{"__type":"AccessDeniedException","message":"no"}"#,
            502,
            "kms-denied",
        ),
        (
            r#"{"__type":"DisabledException","message":"no"}"#,
            502,
            "kms-disabled",
        ),
        (
            r#"{"__type":"ThrottlingException","message":"no"}"#,
            503,
            "throttled",
        ),
    ] {
        for (action, mode) in [("GenerateDataKey", "envelope-kms"), ("Decrypt", "")] {
            let key = format!("{code}-{action}");
            if mode.is_empty() {
                let stored = stage.put(&key, "envelope-kms", 64).await;
                assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
            }
            stage.kms.fail(Rule {
                method: Method::POST,
                about: action,
                fault: kms(error),
                times: FOR_EVER,
            });
            let answer = if mode.is_empty() {
                stage.send(Method::GET, &format!("/read/{key}"), "").await
            } else {
                stage.put(&key, mode, 64).await
            };
            assert_eq!(
                status_and_code(&answer),
                (status, code.to_owned()),
                "{action}"
            );
            assert!(stage.kms.heal() > 0);
            if !mode.is_empty() {
                assert!(!stage.stack.exists(&key).await, "{key}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kms_throttled_and_s3_busy_for_a_moment_are_not_noticed() {
    let stage = Stage::open().await;
    stage.kms.fail(Rule {
        method: Method::POST,
        about: "GenerateDataKey",
        fault: kms(r#"{"__type":"ThrottlingException","message":"no"}"#),
        times: 2,
    });
    let stored = stage.put("kms", "envelope-kms", 64).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stage.kms.heal(), 2);
    for (key, fault) in [("busy", SLOW_DOWN), ("broken", INTERNAL)] {
        stage.s3.fail(Rule {
            method: Method::PUT,
            about: key,
            fault,
            times: 2,
        });
        let stored = stage.put(key, "envelope-kms", 64).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{key}: {stored:?}");
        assert_eq!(stage.s3.heal(), 2, "{key}");
        let read = stage.send(Method::GET, &format!("/read/{key}"), "").await;
        assert_eq!(read.body, content(64), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_that_stays_broken_is_reported_and_leaves_nothing_readable() {
    let stage = Stage::open().await;
    for (key, fault, status, code) in [
        ("busy", SLOW_DOWN, 503, "throttled"),
        ("broken", INTERNAL, 503, "origin-unavailable"),
    ] {
        for length in [64, 7 << 20] {
            stage.s3.fail(Rule {
                method: Method::PUT,
                about: key,
                fault: fault.clone(),
                times: FOR_EVER,
            });
            let answer = stage.put(key, "envelope-kms", length).await;
            assert_eq!(
                status_and_code(&answer),
                (status, code.to_owned()),
                "{key} {length}"
            );
            assert!(stage.s3.heal() > 0);
            assert!(!stage.stack.exists(key).await, "{key} {length}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_in_the_middle_of_a_body_leaves_nothing_half_written() {
    let stage = Stage::open().await;
    for mode in ["sse-kms", "envelope-kms"] {
        let key = format!("cut-{mode}");
        stage.s3.fail(Rule {
            method: Method::PUT,
            about: "cut-",
            fault: Fault::CutAfter(3 << 20),
            times: FOR_EVER,
        });
        let answer = stage.put(&key, mode, 9 << 20).await;
        assert!(answer.status.is_server_error(), "{mode}: {answer:?}");
        assert!(!answer.code().is_empty());
        assert!(stage.s3.heal() > 0, "{mode}");
        assert!(!stage.stack.exists(&key).await, "{mode}");
        let again = stage.put(&key, mode, 9 << 20).await;
        assert_eq!(again.status, StatusCode::CREATED, "{mode}: {again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_killed_during_an_upload_leaves_nothing_and_the_client_goes_on() {
    let mut stage = Stage::open().await;
    // A direct upload, half sent when the origin dies.
    let bearer = stage.bearer();
    let wire = stage.origin.wire();
    let (sent, halfway) = tokio::sync::oneshot::channel();
    let upload = tokio::spawn(async move {
        let mut sent = Some(sent);
        let pieces = (0..64_u32).map(move |n| {
            if n == 32 {
                let _ = sent.take().unwrap().send(());
            }
            Bytes::from(vec![7; 1 << 16])
        });
        let slowly = stream::iter(pieces).then(async |piece| {
            tokio::time::sleep(Duration::from_millis(10)).await;
            piece
        });
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        wire.send_stream(
            Method::PUT,
            "/objects/direct",
            &headers,
            64 << 16,
            slowly.boxed(),
        )
        .await
    });
    // A multipart upload, begun.
    let plan = json!({"key": "parts", "size": 9, "method": "multipart"});
    let begun = stage.ask("/uploads", plan).await;
    halfway.await.unwrap();
    let origin = OriginProcess::start(&stage.stack.dev, &stage.s3.url(), &stage.kms.url());
    std::mem::replace(&mut stage.origin, origin).kill();
    assert!(upload.await.is_err(), "the client sees the connection end");
    assert!(!stage.stack.exists("direct").await);

    // Another origin goes on with the upload, by its token alone.
    let id = begun["upload"].as_str().unwrap();
    let signed = stage
        .ask(&format!("/uploads/{id}/parts"), json!({"parts": [1]}))
        .await;
    let grant = &signed["parts"][0];
    let target = grant["url"].as_str().unwrap().strip_prefix(&stage.s3.url());
    let headers = grant["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let s3 = Wire::plain(&stage.s3.url());
    let body = Bytes::from_static(b"123456789");
    let part = s3.send(Method::PUT, target.unwrap(), &headers, body).await;
    assert_eq!(part.status, StatusCode::OK, "{part:?}");
    assert!(!stage.stack.exists("parts").await);
    let done = stage
        .send(Method::POST, &format!("/uploads/{id}/complete"), "")
        .await;
    assert_eq!(done.json()["size"], 9, "{done:?}");
    let stored = stage.put("direct", "sse-kms", 64).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
}
