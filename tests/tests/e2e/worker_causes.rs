//! What the Worker reports of an origin's errors, whose bodies it can read: every cause apart, nothing leaked.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    stack::AwsCredentials,
    stub_origin::StubOrigin,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

/// S3's words name the role, the key and the bucket.
const SECRETS: &str = "User: arn:aws:sts::111122223333:assumed-role/edge-role/i-1 is not authorized to perform: kms:Decrypt on \
    arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";

fn site(origin: &StubOrigin) -> Value {
    json!({
        "v": 1, "bucket": "private-content", "region": "eu-west-1", "endpoint": origin.url, "style": "path",
        "query": [], "signing": "sigv4",
    })
}

fn worker(origin: &StubOrigin) -> Worker {
    let credentials = AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret-access-key".to_owned(),
        session_token: Some("session-token".to_owned()),
    };
    Worker::start(&WorkerConfig::of(&site(origin), &credentials))
}

fn document(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>S3REQUEST</RequestId><HostId>S3HOST</HostId></Error>"
    )
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn every_cause_s3_names_has_a_code_of_its_own() {
    let bucket_denied = "User: arn:aws:sts::111122223333:assumed-role/edge-role/i-1 is not authorized to perform: s3:GetObject";
    for (status, code, message, expected_status, expected) in [
        (403, "AccessDenied", SECRETS, 502, "kms-denied"),
        (403, "AccessDenied", bucket_denied, 502, "origin-denied"),
        (400, "KMS.DisabledException", SECRETS, 502, "kms-disabled"),
        (
            400,
            "KMS.KMSInvalidStateException",
            SECRETS,
            502,
            "kms-disabled",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            SECRETS,
            502,
            "signature-rejected",
        ),
        (
            403,
            "InvalidAccessKeyId",
            SECRETS,
            502,
            "signature-rejected",
        ),
        (403, "RequestTimeTooSkewed", SECRETS, 502, "clock-skew"),
        (400, "ExpiredToken", SECRETS, 503, "credentials-expired"),
        (503, "SlowDown", SECRETS, 503, "throttled"),
        (404, "NoSuchBucket", SECRETS, 502, "origin-failed"),
        (404, "NoSuchKey", SECRETS, 404, "not-found"),
        (307, "TemporaryRedirect", SECRETS, 502, "origin-failed"),
        (
            400,
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided",
            403,
            "customer-key-required",
        ),
        (400, "InvalidRequest", SECRETS, 502, "origin-denied"),
    ] {
        let headers = [
            ("content-type", "application/xml"),
            ("x-amz-request-id", "S3REQUEST"),
            ("location", "http://127.0.0.1:1/elsewhere"),
            ("server", "AmazonS3"),
        ];
        let origin = StubOrigin::answering(status, &headers, &document(code, message)).await;
        let worker = worker(&origin);
        let answer = worker.wire().get("/a").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (expected_status, expected),
            "{status} {code}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{code}");
        if expected_status >= 500 {
            worker.logged(&format!("keyfront {expected} request")).await;
        }
        let head = worker
            .wire()
            .send(Method::HEAD, "/a", &[], Bytes::new())
            .await;
        assert!(head.body.is_empty(), "{code}");
        let shown = format!("{answer:?}{head:?}{}", worker.log());
        for secret in [
            "arn:aws",
            "S3REQUEST",
            "S3HOST",
            "AmazonS3",
            "elsewhere",
            "secret-access-key",
            "session-token",
        ] {
            assert!(!shown.contains(secret), "{code}: {secret} in {shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_document_without_an_end_is_read_no_further_than_its_beginning() {
    let head = "HTTP/1.1 403 Stub\r\ncontent-type: application/xml\r\nconnection: close\r\n\r\n";
    let answer = format!("{head}{}", document("ExpiredToken", SECRETS));
    let origin = StubOrigin::start(answer.into_bytes(), true).await;
    let worker = worker(&origin);
    let since = Instant::now();
    let answer = worker.wire().get("/a").await;
    assert_eq!(answer.code(), "credentials-expired");
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_does_not_answer_is_origin_failed() {
    let origin = StubOrigin::start(Vec::new(), false).await;
    let serving = worker(&origin);
    let answer = serving.wire().get("/a").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "origin-failed")
    );
    let gone = StubOrigin::start(Vec::new(), false).await;
    let serving = worker(&gone);
    drop(gone);
    let answer = serving.wire().get("/a").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "origin-failed")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_origin_receives_what_was_signed_and_nothing_else_of_the_viewer() {
    let origin = StubOrigin::answering(200, &[("content-type", "text/plain")], "x").await;
    let worker = worker(&origin);
    let headers = [
        ("range", "bytes=0-9"),
        ("if-none-match", "\"a\""),
        ("cookie", "session=1"),
        ("referer", "https://a.example/"),
        ("authorization", "Bearer x"),
        ("x-amz-acl", "public-read"),
        ("x-keyfront-site", "{}"),
        ("cf-connecting-ip", "192.0.2.1"),
        ("user-agent", "browser"),
    ];
    for method in [Method::GET, Method::HEAD] {
        let wire = worker.wire();
        wire.send(method.clone(), "/a+b/fo?x=1", &headers, Bytes::new())
            .await;
        let head = origin.requests().pop().unwrap();
        let (line, head) = head.split_once("\r\n").unwrap();
        assert_eq!(line, format!("{method} /private-content/a%2Bb/fo HTTP/1.1"));
        let mut names: Vec<String> = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        // Host and these are the runtime's.
        names.retain(|name| {
            !["accept-encoding", "cache-control", "cf-worker", "pragma"].contains(&name.as_str())
        });
        // A range means nothing for HEAD.
        let ranged = names.iter().position(|name| name == "range");
        assert_eq!(ranged.is_some(), method == Method::GET, "{head}");
        names.retain(|name| name != "range");
        assert_eq!(
            names,
            [
                "authorization",
                "host",
                "if-none-match",
                "user-agent",
                "x-amz-content-sha256",
                "x-amz-date",
                "x-amz-security-token",
            ],
            "{head}"
        );
        assert!(
            head.contains(
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"
            ),
            "{head}"
        );
    }
}
