//! What the edge refuses, and that no hostile request changes what the next viewer gets.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{publisher, stack::Stack, wire::Answer};

const CONTENT: &str = "what every innocent viewer must get";

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_header_changes_what_the_next_viewer_gets() {
    let stack = Stack::start();
    let long = "a".repeat(7000);
    let hostile: [(&str, &str); 21] = [
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/s3/aws4_request",
        ),
        ("authorization", "Basic Zm9vOmJhcg=="),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "stolen"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-expected-bucket-owner", "999999999999"),
        ("x-amz-request-payer", "requester"),
        ("x-amz-copy-source", "/other/secret"),
        ("x-amz-cf-id", "forged"),
        (
            "x-keyfront-site",
            "{\"v\":1,\"bucket\":\"other\",\"region\":\"eu-west-1\"}",
        ),
        ("x-keyfront-authorization", "Bearer forged"),
        ("x-forwarded-host", "evil.example"),
        ("x-http-method-override", "DELETE"),
        ("range", "bytes=99999-"),
        ("range", "chunks=1-2"),
        ("if-match", "\"never\""),
        ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("if-none-match", "*"),
        ("origin", "https://evil.example"),
        ("cookie", &long),
    ];
    for (n, (name, value)) in hostile.into_iter().enumerate() {
        let key = format!("header-{n}");
        publisher::publish(&stack, &key, CONTENT).await;
        let target = format!("/{key}");
        for method in [Method::HEAD, Method::GET] {
            let _ = stack
                .cdn()
                .send(method, &target, &[(name, value)], Bytes::new())
                .await;
        }
        innocent(&stack, &target, &format!("{name}: {value:.60}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_a_viewer_are_dropped_not_refused() {
    let stack = Stack::start();
    publisher::publish(&stack, "dropped", CONTENT).await;
    for header in [
        ("authorization", "Bearer x"),
        ("x-amz-acl", "public-read"),
        ("x-amz-meta-a", "b"),
    ] {
        let answer = stack
            .cdn()
            .send(Method::GET, "/dropped", &[header], Bytes::new())
            .await;
        assert_eq!(
            (answer.status, answer.body),
            (StatusCode::OK, Bytes::from(CONTENT)),
            "{header:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reaches_a_subresource_or_changes_the_answer() {
    let stack = Stack::start();
    let queries = [
        "acl",
        "policy",
        "tagging",
        "uploads",
        "versionId=null",
        "list-type=2",
        "torrent",
        "attributes",
        "legal-hold",
        "retention",
        "select&select-type=2",
        "restore",
        "partNumber=1",
        "uploadId=x",
        "%61cl",
        "acl=",
        "x-id=GetObject",
        "response-content-type=text/html",
        "response-content-disposition=inline",
        "X-Amz-Signature=x",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "cache-buster=1",
        "?",
        "&&&",
        "=",
        "%zz",
        "a=%",
        "+",
        "%00",
    ];
    for (n, query) in queries.into_iter().enumerate() {
        let key = format!("query-{n}");
        publisher::publish(&stack, &key, CONTENT).await;
        let answer = stack.cdn().get(&format!("/{key}?{query}")).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, CONTENT.as_bytes()),
            "?{query}"
        );
        assert_eq!(
            answer.header("content-type"),
            "application/octet-stream",
            "?{query}"
        );
        innocent(&stack, &format!("/{key}"), query).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_write_are_405_and_change_nothing() {
    let stack = Stack::start();
    publisher::publish(&stack, "kept", CONTENT).await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = stack
            .cdn()
            .send(method.clone(), "/kept", &[], Bytes::from("overwritten"))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (405, "method-not-allowed"),
            "{method}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{method}");
        innocent(&stack, "/kept", method.as_str()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_itself_is_never_listed() {
    let stack = Stack::start();
    publisher::publish(&stack, "listed", CONTENT).await;
    for target in ["/", "/?list-type=2", "/?prefix=", "//"] {
        let answer = stack.cdn().get(target).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "not-found"),
            "{target}"
        );
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("listed"),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_a_true_404_that_is_not_remembered() {
    let stack = Stack::start();
    let missing = stack.cdn().get("/late").await;
    assert_eq!(
        (missing.status.as_u16(), missing.code().as_str()),
        (404, "not-found")
    );
    assert_eq!(missing.header("cache-control"), "no-store");
    publisher::publish(&stack, "late", CONTENT).await;
    innocent(&stack, "/late", "after the upload").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_shows_s3_or_kms() {
    let stack = Stack::start();
    publisher::publish(&stack, "clean", CONTENT).await;
    let targets = [
        "/clean",
        "/clean",
        "/missing",
        "/a/../b",
        "/%ff",
        "/.keyfront/publishers.json",
        "/",
    ];
    for target in targets {
        for method in [Method::GET, Method::HEAD] {
            let answer = stack
                .cdn()
                .send(method.clone(), target, &[], Bytes::new())
                .await;
            assert_reveals_nothing(&stack, &answer, target);
            assert_eq!(
                answer.header("x-content-type-options"),
                "nosniff",
                "{method} {target}"
            );
            if method == Method::HEAD {
                assert!(answer.body.is_empty(), "HEAD {target}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_no_library_would_send_get_an_answer_and_harm_nobody() {
    let stack = Stack::start();
    publisher::publish(&stack, "sturdy", CONTENT).await;
    let host = stack.cdn().authority().to_owned();
    let long_path = "a".repeat(9000);
    let requests = [
        format!(
            "GET http://evil.example/sturdy HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ),
        format!("GET /{long_path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("GET /sturdy\u{1} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("GET /caf\u{e9} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!(
            "GET /sturdy HTTP/1.1\r\nHost: {host}\r\nX-Amz-Date : x\r\nConnection: close\r\n\r\n"
        ),
        format!("GET /sturdy HTTP/1.1\r\nHost: {host}\r\nHost: other\r\nConnection: close\r\n\r\n"),
        format!(
            "GET /sturdy HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        ),
        format!("TRACE /sturdy HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("BREW /sturdy HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        "GET /sturdy HTTP/1.0\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
    ];
    for request in requests {
        let answer = stack.cdn().raw(request.as_bytes()).await;
        let shown = format!(
            "{request:.60?} -> {:.80?}",
            String::from_utf8_lossy(&answer)
        );
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1."),
            "{shown}"
        );
        assert!(
            !answer.starts_with(b"HTTP/1.1 5") || answer.starts_with(b"HTTP/1.1 501"),
            "{shown}"
        );
        innocent(&stack, "/sturdy", &shown).await;
    }
}

async fn innocent(stack: &Stack, target: &str, after: &str) {
    let answer = stack.cdn().get(target).await;
    assert_eq!(
        (answer.status, &answer.body[..]),
        (StatusCode::OK, CONTENT.as_bytes()),
        "after {after}"
    );
    assert_eq!(
        answer.header("content-type"),
        "application/octet-stream",
        "after {after}"
    );
}

fn assert_reveals_nothing(stack: &Stack, answer: &Answer, target: &str) {
    let shown = format!(
        "{:?} {}",
        answer.headers,
        String::from_utf8_lossy(&answer.body)
    )
    .to_lowercase();
    let bucket = stack.dev.bucket.to_lowercase();
    let secrets = [
        "x-amz-server-side",
        "x-amz-version",
        "x-amz-meta",
        "x-amz-request-id",
        "x-amz-id-2",
        "arn:aws",
        "<error>",
    ];
    for secret in secrets.into_iter().chain([
        bucket.as_str(),
        &stack.dev.credentials.edge.access_key_id.to_lowercase(),
    ]) {
        assert!(
            !shown.contains(secret),
            "{target} shows {secret:?}: {shown}"
        );
    }
    assert!(
        answer
            .headers
            .get("server")
            .is_none_or(|server| server == "CloudFront"),
        "{target}: {shown}"
    );
}
