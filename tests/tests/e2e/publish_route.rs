//! Publishing through the CDN: `/_publish/...` over the edge and the Function URL, whichever origin stands behind it.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    artefacts, aws_client,
    local_stack::LocalStack,
    s3_client,
    stack::{self, Stack},
    wire::Answer,
};
use sha2::{Digest as _, Sha256};

const MEBIBYTE: usize = 1 << 20;

/// The stack's one distribution.
const DISTRIBUTION: &str = "EKEYFRONTDEV00";

/// Both origins behind the Function URL.
const ORIGINS: [&str; 2] = ["native", "lambda"];

fn start(origin: &str, flags: &[&str]) -> Stack {
    let package = artefacts::origin_zip();
    let package = package.to_str().unwrap();
    let common = [
        "--ephemeral",
        "--origin",
        origin,
        "--origin-package",
        package,
    ];
    Stack::start_with(&[&common, flags].concat())
}

async fn send(
    stack: &Stack,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let bearer = stack.bearer();
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    stack
        .cdn()
        .send(method, target, &headers, body.into())
        .await
}

async fn put(stack: &Stack, target: &str, body: impl Into<Bytes>) -> Answer {
    let headers = [("content-type", "application/octet-stream")];
    send(stack, Method::PUT, target, &headers, body).await
}

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
async fn answers_of_the_publish_route_are_never_cached() {
    let stack = start("native", &[]);
    let target = "/_publish/objects/fresh";
    for content in ["one", "three"] {
        let stored = put(&stack, &format!("{target}?overwrite=true"), content).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
        for _ in 0..2 {
            let described = send(&stack, Method::GET, target, &[], "").await;
            let description: serde_json::Value = serde_json::from_slice(&described.body).unwrap();
            assert_eq!(description["size"], content.len());
            assert_eq!(described.header("cache-control"), "no-store");
            assert!(described.header("x-cache").starts_with("Miss"));
        }
        // Without the token, nobody sees what was answered a moment ago.
        let stranger = stack.cdn().get(target).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalidation_shows_the_new_object_at_once() {
    // The port is not in dev.json: it is free again when the stack takes it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let stack = start("native", &["--cloudfront-port", &port]);
    let url = format!("http://127.0.0.1:{port}");
    let roles = &stack.dev.credentials;
    let stored = put(&stack, "/_publish/objects/a%20b", "old").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stack.cdn().get("/a%20b").await.body, "old");
    // Past the publishers' API, which tells the CDN itself.
    let s3 = s3_client::client(&stack.dev.s3_url, &stack.dev.region, &roles.admin);
    let replacing = s3.put_object().bucket(&stack.dev.bucket).key("a b");
    let new = ByteStream::from_static(b"new");
    replacing.body(new).send().await.unwrap();
    for (caller, distribution, status) in [
        (&roles.edge, DISTRIBUTION, StatusCode::FORBIDDEN),
        (&roles.admin, "EANOTHER", StatusCode::NOT_FOUND),
    ] {
        let refused = aws_client::invalidate(&url, caller, distribution, "/a%20b").await;
        assert_eq!(refused.status, status, "{refused:?}");
        assert_eq!(stack.cdn().get("/a%20b").await.body, "old");
    }
    // In the spelling viewers use, and in no other.
    for (path, body) in [
        ("/%61%20b", "old"),
        ("/a%20b?v=1", "old"),
        ("/a%20b", "new"),
    ] {
        let done = aws_client::invalidate(&url, &roles.admin, DISTRIBUTION, path).await;
        assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
        assert_eq!(stack.cdn().get("/a%20b").await.body, body, "{path}");
    }
    for path in ["/~a", "/a b", "/a*b", "a"] {
        let refused = aws_client::invalidate(&url, &roles.admin, DISTRIBUTION, path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_killed_is_replaced() {
    let stack = start("lambda", &[]);
    let before = functions_of(stack.pid());
    assert!(!before.is_empty());
    for pid in &before {
        let killed = Command::new("kill").args(["-KILL", pid]).status().unwrap();
        assert!(killed.success());
    }
    let started = Instant::now();
    loop {
        let target = "/_publish/objects/after?overwrite=true";
        let answer = put(&stack, target, "still here").await;
        if answer.status == StatusCode::CREATED {
            break;
        }
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(stack.cdn().get("/after").await.body, "still here");
    assert!(
        functions_of(stack.pid())
            .iter()
            .all(|pid| !before.contains(pid))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_get_new_credentials_without_a_failed_upload() {
    let stack = start("lambda", &["--rotate-every", "1"]);
    let before = functions_of(stack.pid());
    let started = Instant::now();
    let mut uploads = 0;
    while started.elapsed() < Duration::from_secs(4) {
        let answer = put(&stack, &format!("/_publish/objects/r/{uploads}"), "x").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        uploads += 1;
    }
    let after = functions_of(stack.pid());
    assert!(after.iter().all(|pid| !before.contains(pid)), "{after:?}");
    assert!(uploads > 4, "{uploads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_function_outlives_the_stack() {
    for kill in [false, true] {
        let stack = start("lambda", &[]);
        let functions = functions_of(stack.pid());
        assert!(!functions.is_empty());
        if kill {
            stack.kill();
        } else {
            assert!(stack.interrupt().success());
        }
        let ended = Instant::now();
        while functions.iter().any(|pid| is_running(pid)) {
            assert!(ended.elapsed() < Duration::from_secs(10), "{functions:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[test]
fn a_missing_origin_package_is_reported_in_one_line_with_the_command_that_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.zip");
    std::fs::write(&empty, "no zip").unwrap();
    for package in ["/nonexistent.zip", empty.to_str().unwrap()] {
        let output = stack::command(folder.path())
            .args(["--ephemeral", "--origin", "lambda"])
            .args(["--origin-package", package])
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(package) && stderr.contains("make bundle-origin"),
            "{stderr}"
        );
    }
}

/// The `bootstrap` processes a stack has started.
fn functions_of(pid: u32) -> Vec<String> {
    let mut functions = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let children = task.unwrap().path().join("children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        let ours = children
            .split_whitespace()
            .filter(|pid| name_of(pid).as_deref() == Some("bootstrap"));
        functions.extend(ours.map(str::to_owned));
    }
    functions
}

fn name_of(pid: &str) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim().to_owned())
}

/// A zombie has ended, whoever has to reap it.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !stat.is_empty() && state != Some('Z')
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_404_stands_in_for_every_404_of_the_distribution_and_keeps_the_status() {
    let stack = LocalStack::configured(|config| {
        let site = serde_json::json!({
            "v": 1, "bucket": "keyfront-dev", "region": "eu-west-1", "style": "virtual", "signing": "sigv4", "query": [],
            "not_found": "errors/404.html",
            "publish": {"prefix": "/_publish", "region": "eu-west-1",
                "host": "keyfrontdevpublishfunctionurl000.lambda-url.eu-west-1.on.aws"},
        });
        config.site = Some(site.to_string().into_bytes());
    })
    .await;
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let authorization = [("authorization", bearer.as_str())];
    let asked = async |target: &str| {
        let cdn = stack.cdn();
        cdn.send(Method::GET, target, &authorization, Bytes::new())
            .await
    };
    const MISSING: [&str; 3] = [
        "/missing.txt",
        "/_publish/objects/missing.txt",
        "/_publish/uploads/nothing",
    ];
    // Without the page the answers are the edge's and the origin's own.
    for target in MISSING {
        let own = asked(target).await;
        assert_eq!(own.status, StatusCode::NOT_FOUND, "{target}: {own:?}");
        assert!(!own.code().is_empty(), "{target}: {own:?}");
    }
    let page = stack.s3().put_object().bucket(&stack.dev.bucket);
    let page = page.key("errors/404.html").content_type("text/html");
    let page = page.body(Bytes::from_static(b"<h1>missing</h1>").into());
    page.send().await.unwrap();
    for target in MISSING {
        let replaced = asked(target).await;
        assert_eq!(
            replaced.status,
            StatusCode::NOT_FOUND,
            "{target}: {replaced:?}"
        );
        assert_eq!(replaced.body, "<h1>missing</h1>", "{target}");
        assert_eq!(replaced.header("content-type"), "text/html", "{target}");
        assert_eq!(
            replaced.header("x-cache"),
            "Error from cloudfront",
            "{target}"
        );
    }
    // Other refusals are what they were.
    let unknown = stack.cdn().get("/_publish/objects").await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert!(!unknown.code().is_empty());
}
