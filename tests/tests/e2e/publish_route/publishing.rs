//! What is published through the CDN, by whom, and at which path.

use std::{path::PathBuf, process::Command};

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::stack::Stack;
use sha2::{Digest as _, Sha256};

use super::{put, send, start};

const MEBIBYTE: usize = 1 << 20;

/// Both origins behind the Function URL.
const ORIGINS: [&str; 2] = ["native", "lambda"];

fn hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// Every byte value, so that nothing on the way can take it for text.
fn bytes(length: usize) -> Bytes {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_lives_its_whole_life_through_the_cdn() {
    for origin in ORIGINS {
        let stack = start(origin, &[]);
        let (key, content) = ("/_publish/objects/a%20b/c+d%252B.bin", bytes(70_000));
        let stored = put(&stack, key, content.clone()).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{origin}: {stored:?}");
        let receipt: serde_json::Value = serde_json::from_slice(&stored.body).unwrap();
        assert_eq!(receipt["key"], "a b/c+d%2B.bin");
        assert_eq!(receipt["sse"], "aws:kms");
        let path = receipt["path"].as_str().unwrap();
        assert_eq!(
            receipt["url"].as_str().unwrap(),
            format!("{}{path}", stack.dev.cdn_url)
        );
        let read = stack.cdn().get(path).await;
        assert_eq!(
            (read.status, &read.body),
            (StatusCode::OK, &content),
            "{origin}"
        );

        let described = send(&stack, Method::GET, key, &[], "").await;
        let description: serde_json::Value = serde_json::from_slice(&described.body).unwrap();
        assert_eq!(
            description["size"],
            content.len(),
            "{origin}: {described:?}"
        );
        let listed = send(
            &stack,
            Method::GET,
            "/_publish/objects?prefix=a+b%2F&limit=7",
            &[],
            "",
        );
        let listing: serde_json::Value = serde_json::from_slice(&listed.await.body).unwrap();
        assert!(
            listing.to_string().contains("c+d%2B.bin"),
            "{origin}: {listing}"
        );

        let again = put(&stack, key, "other").await;
        assert_eq!(again.code(), "already-exists", "{origin}: {again:?}");
        let target = format!("{key}?overwrite=true");
        let replaced = put(&stack, &target, "other").await;
        assert_eq!(
            replaced.status,
            StatusCode::CREATED,
            "{origin}: {replaced:?}"
        );
        let deleted = send(&stack, Method::DELETE, key, &[], "").await;
        assert!(deleted.status.is_success(), "{origin}: {deleted:?}");
        let gone = send(&stack, Method::GET, key, &[], "").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{origin}: {gone:?}");
        assert_eq!(gone.code(), "not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_curl_publishes_up_to_a_mebibyte() {
    for origin in ORIGINS {
        let stack = start(origin, &[]);
        for (length, status) in [
            (0, "201"),
            (1, "201"),
            (MEBIBYTE, "201"),
            (MEBIBYTE + 1, "413"),
            // Answered while most of it has not been sent.
            (3 * MEBIBYTE, "413"),
            (40 * MEBIBYTE, "413"),
        ] {
            let file = stack.folder().join("upload");
            std::fs::write(&file, bytes(length)).unwrap();
            let target = format!("{}/_publish/objects/curl/{length}", stack.dev.cdn_url);
            let printed = curl(&stack, &file, &target);
            assert_eq!(printed, status, "{origin}, {length} bytes");
            if status == "201" {
                let read = stack.cdn().get(&format!("/curl/{length}")).await;
                assert_eq!(read.body, bytes(length), "{origin}, {length} bytes");
            }
        }
    }
}

/// The status of `curl -T`, as someone types it.
fn curl(stack: &Stack, file: &PathBuf, target: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "30"])
        .args(["--output", "/dev/null", "--write-out", "%{http_code}"])
        .arg("--cacert")
        .arg(&stack.dev.ca_cert)
        .arg("-T")
        .arg(file)
        .arg(target)
        .args(["-H", &format!("Authorization: {}", stack.bearer())])
        .args(["-H", "Content-Type: application/octet-stream"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_larger_body_passes_if_its_hash_is_named_and_lambda_takes_it() {
    for origin in ORIGINS {
        let stack = start(origin, &[]);
        let put_named = async |key: &str, body: Bytes, named: &str| {
            let headers = [
                ("content-type", "application/octet-stream"),
                ("x-amz-content-sha256", named),
            ];
            let target = format!("/_publish/objects/{key}");
            send(&stack, Method::PUT, &target, &headers, body).await
        };
        let content = bytes(4 * MEBIBYTE);
        let unnamed = put(&stack, "/_publish/objects/unnamed", content.clone()).await;
        assert_eq!(
            (unnamed.status, unnamed.code().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
        );
        let named = put_named("named", content.clone(), &hash(&content)).await;
        assert_eq!(named.status, StatusCode::CREATED, "{origin}: {named:?}");
        assert_eq!(stack.cdn().get("/named").await.body, content);

        let wrong = put_named("wrong", content.clone(), &hash(b"another")).await;
        assert_eq!(
            (wrong.status, wrong.code().as_str()),
            (StatusCode::BAD_GATEWAY, "origin-denied"),
            "{origin}"
        );
        for unusable in ["UNSIGNED-PAYLOAD", &hash(&content).to_uppercase()] {
            let refused = put_named("wrong", content.clone(), unusable).await;
            assert_eq!(refused.code(), "body-too-large", "{origin}: {unusable}");
        }
        // Base64 makes more than six mebibytes of this.
        let beyond = bytes(5 * MEBIBYTE);
        let refused = put_named("beyond", beyond.clone(), &hash(&beyond)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
            "{origin}: {refused:?}"
        );
        for key in ["unnamed", "wrong", "beyond"] {
            let missing = stack.cdn().get(&format!("/{key}")).await;
            assert_eq!(missing.status, StatusCode::NOT_FOUND, "{origin}: {key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_publishes_without_the_publishers_own_token() {
    for origin in ORIGINS {
        let stack = start(origin, &[]);
        let bearer = stack.bearer();
        let forged: [&[(&str, &str)]; 6] = [
            &[],
            &[("authorization", "Bearer kfp_of-nobody")],
            &[("authorization", "AWS4-HMAC-SHA256 Credential=x")],
            &[("x-keyfront-authorization", &bearer)],
            &[
                ("authorization", "Bearer kfp_of-nobody"),
                ("x-keyfront-authorization", &bearer),
            ],
            &[("x-keyfront-site", "{}"), ("x-keyfront-response", "v1 x")],
        ];
        for headers in forged {
            let answer = stack
                .cdn()
                .send(
                    Method::PUT,
                    "/_publish/objects/forged",
                    headers,
                    Bytes::from("x"),
                )
                .await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::UNAUTHORIZED, "unauthenticated"),
                "{origin}: {headers:?}"
            );
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        let missing = stack.cdn().get("/forged").await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_headers_do_not_change_what_is_published() {
    let stack = start("native", &[]);
    let hostile = [
        ("content-type", "text/plain"),
        ("x-keyfront-site", "{\"v\":1}"),
        ("x-keyfront-response", "v1 bucket denied *"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "stolen"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-cf-id", "forged"),
        ("x-forwarded-host", "evil.example"),
        ("x-http-method-override", "DELETE"),
        ("connection", "x-amz-content-sha256, authorization"),
    ];
    for (name, value) in hostile {
        let target = format!("/_publish/objects/hostile/{name}");
        let headers = [("content-type", "text/plain"), (name, value)];
        let headers = &headers[usize::from(name == "content-type")..];
        let answer = send(&stack, Method::PUT, &target, headers, name).await;
        // A hop-by-hop Authorization never arrives, at CloudFront neither.
        if name == "connection" {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
            continue;
        }
        assert_eq!(answer.status, StatusCode::CREATED, "{name}: {answer:?}");
        let receipt: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(receipt["sse"], "aws:kms", "{name}");
        let read = stack.cdn().get(&format!("/hostile/{name}")).await;
        assert_eq!(read.body, name, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_publish_prefix_is_a_whole_segment_however_it_is_spelt() {
    let stack = start("native", &[]);
    let stored = put(&stack, "/_publish/objects/_publisher/x", "an object").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stack.cdn().get("/_publisher/x").await.body, "an object");
    // A key below the prefix could be stored by S3 itself, and is the origin's path here all the same.
    for target in [
        "/_publish",
        "/_publish/",
        "/_publish/x",
        "/%5Fpublish/x",
        "/%5fpublis%68/x",
    ] {
        let answer = send(&stack, Method::GET, target, &[], "").await;
        assert_eq!(answer.code(), "not-found", "{target}: {answer:?}");
        let writes = put(&stack, target, "x").await;
        assert!(writes.status.is_client_error(), "{target}: {writes:?}");
        assert!(
            writes.header("x-keyfront-request-id").len() > 8,
            "{target}: {writes:?}"
        );
    }
    // Two tellings of one path must never meet two origins: what behaviour and edge read differently is refused.
    for target in ["/_publish%2Fobjects%2Fy", "/x/../_publish/objects/y"] {
        let answer = put(&stack, target, "x").await;
        assert!(
            answer.status.is_client_error() || answer.status.is_server_error(),
            "{target}: {answer:?}"
        );
    }
    assert_eq!(stack.cdn().get("/y").await.status, StatusCode::NOT_FOUND);
}
