//! `PUT /objects/{key}`: what S3 is sent, and what the publisher gets.

#![allow(clippy::unwrap_used, clippy::panic)]

mod scripted_s3;

use aws_credential_types::Credentials;
use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use keyfront_names::ObjectKey;
use scripted_s3::{KEY, Recorded, Scripted, Stage};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[tokio::test]
async fn an_upload_is_encrypted_with_the_configured_key_and_never_overwrites_by_default() {
    let stage = Stage::set().await;
    let answer = stage
        .put(
            "/objects/site/a%20b+c.txt",
            "text/plain; charset=UTF-8",
            b"hello",
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.headers["etag"], "\"e1\"");
    assert_eq!(
        answer.json(),
        json!({
            "key": "site/a b+c.txt",
            "path": "/site/a%20b+c.txt",
            "url": "https://cdn.example.com/site/a%20b+c.txt",
            "etag": "\"e1\"",
            "size": 5,
            "content_type": "text/plain; charset=UTF-8",
            "sse": "aws:kms",
            "encryption": "sse-kms",
        })
    );
    let calls = stage.calls();
    let [put] = calls.as_slice() else {
        panic!("one call: {calls:?}")
    };
    assert_eq!(put.path, "/media/site/a%20b%2Bc.txt");
    assert_eq!(put.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(
        put.header("x-amz-server-side-encryption-aws-kms-key-id"),
        Some(KEY)
    );
    assert_eq!(
        put.header("x-amz-server-side-encryption-bucket-key-enabled"),
        Some("true")
    );
    assert_eq!(put.header("if-none-match"), Some("*"));
    assert_eq!(
        put.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(put.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(put.header("content-disposition"), None);
    assert_eq!(put.body.as_deref(), Some(&b"hello"[..]));
}

#[tokio::test]
async fn the_wire_form_sent_to_s3_is_the_one_the_edge_signs() {
    let stage = Stage::with_rules(json!([
        {"prefix": "", "max_size": 10, "content_types": ["*/*"]}
    ]))
    .await;
    for key in [
        "plain",
        "a b",
        "a+b",
        "100%",
        "%41",
        "a=b&c",
        "a?b#c",
        "'quoted'\"",
        "(paren)*!~",
        "a//b",
        "/lead",
        "dir/",
        "\u{434}\u{43e}\u{43c}",
        "\u{1f511}",
        "e\u{301}",
        "\u{e9}",
        "a:b@c;d,e",
        "back\\slash",
        "{x}|^`",
        "[0]<1>",
        "a/...",
        "$HOME",
    ] {
        let key = ObjectKey::new(key).unwrap();
        let answer = stage
            .put(&format!("/objects/{}", key.wire()), "text/plain", b"x")
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{key}: {}", answer.text);
        assert_eq!(answer.json()["key"], key.as_str());
        assert_eq!(
            stage.calls().last().unwrap().path,
            format!("/media/{}", key.wire())
        );
    }
}

#[tokio::test]
async fn a_path_that_is_no_legal_key_is_refused_before_anything_else() {
    let stage = Stage::set().await;
    let long = format!("/objects/{}", "k".repeat(1025));
    for (target, code) in [
        ("/objects/site/../secret", "path-invalid"),
        ("/objects/site/%2e%2E/secret", "path-invalid"),
        ("/objects/site%2F..%2Fsecret", "path-invalid"),
        ("/objects/site/%zz", "path-invalid"),
        ("/objects/site/%ff", "path-invalid"),
        ("/objects/site/%00", "path-invalid"),
        ("/objects/.keyfront/publishers.json", "path-invalid"),
        ("/objects/%2Ekeyfront%2Fpublishers.json", "path-invalid"),
        (long.as_str(), "key-too-long"),
    ] {
        let answer = stage.put(target, "text/plain", b"x").await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::BAD_REQUEST, code),
            "{target}"
        );
    }
    assert!(stage.calls().is_empty());
    assert_eq!(stage.policy_reads(), 0);
}

#[tokio::test]
async fn rules_are_checked_before_a_byte_is_stored() {
    let stage = Stage::set().await;
    for (target, content_type, length, status, code) in [
        ("/objects/other/a", "text/plain", 1, 403, "forbidden"),
        ("/objects/site", "text/plain", 1, 403, "forbidden"),
        (
            "/objects/site/a",
            "application/json",
            1,
            415,
            "content-type-refused",
        ),
        (
            "/objects/site/a",
            "text/plain",
            (10 << 20) + 1,
            413,
            "body-too-large",
        ),
        (
            "/objects/site/a",
            "text/plain, text/html",
            1,
            400,
            "header-invalid",
        ),
        (
            "/objects/site/a?overwrite=yes",
            "text/plain",
            1,
            400,
            "query-refused",
        ),
        (
            "/objects/site/a?overwirte=true",
            "text/plain",
            1,
            400,
            "query-refused",
        ),
    ] {
        let request = stage
            .request("PUT", target)
            .header("content-type", content_type)
            .header("content-length", length)
            // A body nobody may ask for.
            .body(Body::from_stream(stream::pending::<
                Result<Bytes, std::io::Error>,
            >()))
            .unwrap();
        let answer = stage.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{target}"
        );
    }
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn denials_name_the_rule() {
    let stage = Stage::set().await;
    let answer = stage.put("/objects/site/a", "video/mp4", b"x").await;
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("\"site/\"") && detail.contains("video/mp4"),
        "{detail}"
    );
}

#[tokio::test]
async fn overwriting_is_requested_allowed_and_may_be_conditional() {
    let stage = Stage::set().await;
    let with = |target: &str, name: &str, value: &str| {
        let request = stage
            .request("PUT", target)
            .header("content-type", "text/plain");
        request
            .header("content-length", 1)
            .header(name, value)
            .body(Body::from("x"))
            .unwrap()
    };
    let answer = stage
        .put("/objects/site/a?overwrite=true", "text/plain", b"x")
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let answer = stage
        .send(with("/objects/site/a?overwrite=true", "if-match", "\"e0\""))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let put = |call: &Recorded| call.method == "PUT";
    let calls: Vec<_> = stage.calls().into_iter().filter(put).collect();
    assert_eq!(
        (
            calls[0].header("if-none-match"),
            calls[0].header("if-match")
        ),
        (None, None)
    );
    assert_eq!(
        (
            calls[1].header("if-none-match"),
            calls[1].header("if-match")
        ),
        (None, Some("\"e0\""))
    );
    for request in [
        with("/objects/site/a", "if-match", "\"e0\""),
        with("/objects/site/a?overwrite=true", "if-none-match", "*"),
    ] {
        assert_eq!(stage.send(request).await.problem(), "header-invalid");
    }
    let strict = Stage::with_rules(json!([
        {"prefix": "", "max_size": 10, "content_types": ["*/*"]}
    ]))
    .await;
    assert_eq!(
        strict
            .put("/objects/a?overwrite=true", "a/b", b"x")
            .await
            .problem(),
        "forbidden"
    );
}

#[tokio::test]
async fn of_two_writers_the_second_learns_that_the_object_exists() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::error(412, "PreconditionFailed", "At least one"));
    stage.s3_answers(Scripted::error(409, "ConditionalRequestConflict", "retry"));
    let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (412, "already-exists")
    );
    let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (409, "write-conflict")
    );
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn active_content_becomes_an_attachment_unless_the_rule_lists_it() {
    let rule = |inline: &[&str]| {
        json!([{"prefix": "", "max_size": 10, "content_types": ["*/*"], "inline": inline,
                "cache_control": "private, max-age=60"}])
    };
    let stage = Stage::with_rules(rule(&["text/html"])).await;
    for (content_type, disposition) in [
        ("text/html; charset=utf-8", None),
        ("image/svg+xml", Some("attachment")),
        ("application/xml", Some("attachment")),
        ("text/javascript", Some("attachment")),
        ("image/png", None),
        ("text/rdf", Some("attachment")),
        ("multipart/mixed", Some("attachment")),
        ("multipart/byteranges", Some("attachment")),
        ("application/x-unheard-of", Some("attachment")),
    ] {
        assert_eq!(
            stage.put("/objects/a", content_type, b"x").await.status,
            StatusCode::CREATED
        );
        let put = stage.calls().pop().unwrap();
        assert_eq!(
            put.header("content-disposition"),
            disposition,
            "{content_type}"
        );
        assert_eq!(put.header("cache-control"), Some("private, max-age=60"));
    }
}

#[tokio::test]
async fn an_object_stored_with_other_encryption_is_deleted_and_502_returned() {
    let other = KEY.replace('1', "9");
    for headers in [
        &[("etag", "\"e\"")][..],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "AES256"),
        ],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            (
                "x-amz-server-side-encryption-aws-kms-key-id",
                other.as_str(),
            ),
        ],
        // The configured key, but not through a bucket key.
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
        ],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
            ("x-amz-server-side-encryption-bucket-key-enabled", "false"),
        ],
    ] {
        let stage = Stage::set().await;
        let mut headers = headers.to_vec();
        headers.push(("x-amz-version-id", "v7"));
        stage.s3_answers(Scripted::ok(&headers, ""));
        let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (502, "encryption-mismatch")
        );
        let deletion = stage.calls().pop().unwrap();
        assert_eq!(
            (deletion.method.as_str(), deletion.path.as_str()),
            ("DELETE", "/media/site/a")
        );
        // The templates' role may delete no version.
        assert!(!deletion.query.contains("versionId"), "{}", deletion.query);
    }
}

#[tokio::test]
async fn a_wrongly_encrypted_object_is_deleted_only_while_it_is_still_the_one_that_was_stored() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::ok(&[("etag", "\"e\"")], ""));
    stage.s3_answers(Scripted::error(412, "PreconditionFailed", "another writer"));
    let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
    assert_eq!(answer.problem(), "encryption-mismatch");
    let deletion = stage.calls().pop().unwrap();
    assert_eq!(deletion.method, "DELETE");
    assert_eq!(deletion.header("if-match"), Some("\"e\""));
    assert!(!deletion.query.contains("versionId"));
}

#[tokio::test]
async fn an_overwrite_returns_how_long_copies_of_what_it_replaced_live() {
    let stage = Stage::set().await;
    for (replaced, expected) in [
        (
            Scripted::ok(
                &[
                    ("cache-control", "public, max-age=4242"),
                    ("content-length", "0"),
                ],
                "",
            ),
            "expires-in 4242",
        ),
        (
            Scripted::ok(&[("content-length", "0")], ""),
            "expires-in 86400",
        ),
        // Nothing there, or nothing that may be looked at: as long as the rule says.
        (Scripted::status(404, &[], ""), "expires-in 300"),
        (Scripted::status(403, &[], ""), "expires-in 300"),
    ] {
        stage.s3_answers(replaced);
        let target = "/objects/site/a?overwrite=true";
        let answer = stage.put(target, "text/plain", b"x").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.json()["cdn"], expected);
    }
    let calls = stage.calls();
    let methods: Vec<_> = calls.iter().map(|call| call.method.as_str()).collect();
    assert_eq!(methods, ["HEAD", "PUT"].repeat(4));
    let fresh = stage.put("/objects/site/b", "text/plain", b"x").await;
    assert_eq!(fresh.json()["cdn"], serde_json::Value::Null);
    assert_eq!(
        stage.calls().len(),
        9,
        "what replaces nothing describes nothing"
    );
}

#[tokio::test]
async fn checksums_go_to_s3_which_verifies_them() {
    let stage = Stage::set().await;
    let sha = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let request = |name: &str, value: &str| {
        let request = stage
            .request("PUT", "/objects/site/a")
            .header("content-type", "text/plain");
        request
            .header("content-length", 5)
            .header(name, value)
            .body(Body::from("hello"))
            .unwrap()
    };
    stage
        .send(request("content-digest", &format!("sha-256=:{sha}:")))
        .await;
    assert_eq!(stage.calls()[0].header("x-amz-checksum-sha256"), Some(sha));
    stage
        .send(request("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="))
        .await;
    assert_eq!(
        stage.calls()[1].header("content-md5"),
        Some("XUFAKrxLKna5cZ2REBfFkg==")
    );
    stage.s3_answers(Scripted::error(400, "BadDigest", "did not match"));
    let answer = stage
        .send(request("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (400, "checksum-mismatch")
    );
}

#[tokio::test]
async fn a_body_without_length_is_buffered_up_to_six_mebibytes() {
    let stage = Stage::set().await;
    let chunked = |bytes: usize| {
        let chunk = Bytes::from(vec![7; 1 << 16]);
        let chunks = (0..bytes >> 16).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
        let request = stage
            .request("PUT", "/objects/site/a")
            .header("content-type", "text/plain");
        request
            .body(Body::from_stream(stream::iter(chunks)))
            .unwrap()
    };
    let answer = stage.send(chunked(6 << 20)).await;
    assert_eq!(
        (answer.status, &answer.json()["size"]),
        (StatusCode::CREATED, &json!(6 << 20))
    );
    let answer = stage.send(chunked((6 << 20) + (1 << 16))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (411, "length-required")
    );
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn a_small_upload_is_sent_again_when_s3_is_busy_and_a_streamed_one_is_not() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::error(503, "SlowDown", "slow down"));
    assert_eq!(
        stage
            .put("/objects/site/a", "text/plain", b"x")
            .await
            .status,
        StatusCode::CREATED
    );
    assert_eq!(stage.calls().len(), 2);

    stage.s3_answers(Scripted::error(503, "SlowDown", "slow down"));
    let answer = stage.send(streamed(&stage, 8 << 20, 8 << 20)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "throttled")
    );
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(stage.calls().len(), 3);
}

#[tokio::test]
async fn a_large_upload_arrives_whole() {
    let stage = Stage::set().await;
    let answer = stage.send(streamed(&stage, 8 << 20, 8 << 20)).await;
    assert_eq!(
        (answer.status, &answer.json()["size"]),
        (StatusCode::CREATED, &json!(8 << 20))
    );
    let put = stage.calls().pop().unwrap();
    assert_eq!(put.header("x-amz-decoded-content-length"), Some("8388608"));
    // The SDK's chunk framing and checksum trailer are around the bytes.
    assert!(put.body.unwrap().len() > 8 << 20);
}

#[tokio::test]
async fn a_body_that_lies_about_its_length_leaves_nothing() {
    for declared in [9 << 20, 8 << 20] {
        for sent in [declared - (1 << 16), declared + (1 << 16)] {
            let stage = Stage::set().await;
            let answer = stage.send(streamed(&stage, declared, sent)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (400, "body-incomplete")
            );
            assert!(
                stage.calls().iter().all(|call| call.body.is_none()),
                "S3 got a whole body"
            );
        }
    }
    let stage = Stage::set().await;
    for sent in ["1234", "123456"] {
        let request = stage
            .request("PUT", "/objects/site/a")
            .header("content-type", "text/plain");
        let request = request
            .header("content-length", 5)
            .body(Body::from(sent))
            .unwrap();
        assert_eq!(stage.send(request).await.problem(), "body-incomplete");
    }
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_client_that_hangs_up_midway_leaves_nothing() {
    let stage = Stage::set().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let origin = std::sync::Arc::clone(&stage.origin);
    tokio::spawn(keyfront_origin::serve(
        listener,
        origin,
        std::future::pending(),
    ));
    for length in [1_000, 8 << 20] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PUT /objects/site/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: text/plain\r\ncontent-length: {length}\r\n\r\nabc",
            stage.token
        );
        client.write_all(head.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ = client.read_to_string(&mut answer).await;
        assert!(!answer.contains(" 201 "), "{answer}");
    }
    assert!(
        stage.calls().iter().all(|call| call.body.is_none()),
        "S3 got a whole body"
    );
}

fn streamed(stage: &Stage, declared: usize, sent: usize) -> axum::extract::Request {
    let chunk = Bytes::from(vec![7; 1 << 16]);
    let chunks = (0..sent >> 16).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
    stage
        .request("PUT", "/objects/site/large")
        .header("content-type", "image/png")
        .header("content-length", declared)
        .body(Body::from_stream(stream::iter(chunks)))
        .unwrap()
}

#[tokio::test]
async fn failures_of_s3_are_reported_by_code_and_never_by_their_text() {
    let kms = "User: arn:aws:sts::123456789012:assumed-role/o/s is not authorized to perform: \
               kms:GenerateDataKey";
    for (answer, status, code) in [
        (
            Scripted::error(403, "AccessDenied", "Access Denied"),
            502,
            "origin-denied",
        ),
        (Scripted::error(403, "AccessDenied", kms), 502, "kms-denied"),
        (
            Scripted::error(400, "KMS.DisabledException", KEY),
            502,
            "kms-disabled",
        ),
        (
            Scripted::error(403, "SignatureDoesNotMatch", "AKIDEXAMPLE"),
            502,
            "signature-rejected",
        ),
        (
            Scripted::error(400, "ExpiredToken", "expired"),
            503,
            "credentials-expired",
        ),
        (
            Scripted::error(404, "NoSuchBucket", "media"),
            500,
            "bucket-missing",
        ),
        (
            Scripted::error(418, "Teapot", "arn:aws:x"),
            502,
            "origin-failed",
        ),
    ] {
        let stage = Stage::set().await;
        stage.s3_answers(answer);
        let returned = stage.put("/objects/site/a", "text/plain", b"x").await;
        assert_eq!(
            (returned.status.as_u16(), returned.problem().as_str()),
            (status, code)
        );
        assert!(returned.json().get("detail").is_none());
        let once = |call: &Recorded| call.method == "PUT";
        assert_eq!(
            stage.calls().iter().filter(|call| once(call)).count(),
            1,
            "{code}"
        );
    }
}

/// Whether `POST /shares` promises what its signature can keep: `expires` from now, and how far to rely on it.
async fn shared(stage: &Stage, seconds: u32) -> Result<(u64, String), String> {
    let request = stage
        .request("POST", "/shares")
        .header("content-type", "application/json");
    let document = json!({"key": "site/a", "expires": seconds}).to_string();
    let answer = stage
        .send(request.body(Body::from(document)).unwrap())
        .await;
    if answer.status != StatusCode::CREATED {
        return Err(answer.problem());
    }
    let share = answer.json();
    let url = share["url"].as_str().unwrap();
    let expires = share["expires"].as_u64().unwrap();
    let left = expires.checked_sub(now()).unwrap();
    let in_url = url.split_once("X-Amz-Expires=").unwrap().1;
    let in_url: u64 = in_url.split('&').next().unwrap().parse().unwrap();
    assert!(in_url.abs_diff(left) <= 2, "{share}");
    Ok((left, share["validity"].as_str().unwrap().to_owned()))
}

fn now() -> u64 {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    epoch.elapsed().unwrap().as_secs()
}

fn session(end: Option<std::time::Duration>) -> Credentials {
    let end = end.map(|left| std::time::SystemTime::now() + left);
    Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), end, "test")
}

#[tokio::test]
async fn what_a_rule_no_longer_allows_is_neither_signed_nor_completed_and_costs_nothing() {
    let rule =
        |size: u32| json!([{"prefix": "site/", "max_size": size, "content_types": ["text/plain"]}]);
    let ask = async |stage: &Stage, target: &str, document: serde_json::Value| {
        let request = stage
            .request("POST", target)
            .header("content-type", "application/json");
        let body = Body::from(document.to_string());
        stage.send(request.body(body).unwrap()).await
    };
    let stage = Stage::with_rules(rule(20 << 20)).await;
    stage.s3_answers(Scripted::ok(&[], "<ListMultipartUploadsResult/>"));
    stage.s3_answers(Scripted::ok(
        &[],
        "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
    ));
    let plan = json!({"key": "site/a", "size": 17 << 20, "content_type": "text/plain", "method": "multipart"});
    let begun = ask(&stage, "/uploads", plan).await.json();
    let token = begun["upload"].as_str().unwrap();
    let parts = json!({"parts": [1]});
    let sign = format!("/uploads/{token}/parts");
    assert_eq!(
        ask(&stage, &sign, parts.clone()).await.status,
        StatusCode::OK
    );

    let withdrawn = json!([{"prefix": "elsewhere/", "max_size": 1, "content_types": ["*/*"]}]);
    let mut stage = stage;
    for (rules, code) in [(rule(1 << 20), "body-too-large"), (withdrawn, "forbidden")] {
        stage = stage.restarted_with(rules);
        assert_eq!(ask(&stage, &sign, parts.clone()).await.problem(), code);
        let before = stage.calls().len();
        stage.s3_answers(Scripted::status(204, &[], ""));
        let complete = format!("/uploads/{token}/complete");
        let refused = ask(&stage, &complete, json!({})).await;
        assert_eq!(refused.problem(), code);
        let calls = stage.calls();
        let [aborted] = &calls[before..] else {
            panic!("{calls:?}")
        };
        assert_eq!(
            (
                aborted.method.as_str(),
                aborted.query.contains("uploadId=u")
            ),
            ("DELETE", true)
        );
    }
    // Whoever began it may give it up, whatever the rules are by now.
    stage.s3_answers(Scripted::status(204, &[], ""));
    let request = stage.request("DELETE", &format!("/uploads/{token}"));
    let abort = stage.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(abort.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn no_presigned_request_lives_longer_than_its_rule_allows() {
    let rule = |more: serde_json::Value| {
        let mut rule = json!({"prefix": "site/", "max_size": 10, "content_types": ["text/plain"]});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([rule])
    };
    for (rules, most) in [
        (rule(json!({})), 3600),
        (rule(json!({"max_lifetime": 60})), 60),
        (rule(json!({"max_lifetime": 7200})), 7200),
    ] {
        let stage = Stage::with_rules(rules).await;
        let begun = async |seconds: Option<u32>| {
            let mut document = json!({"key": "site/a", "size": 2, "content_type": "text/plain"});
            if let Some(seconds) = seconds {
                document["expires"] = json!(seconds);
            }
            let request = stage
                .request("POST", "/uploads")
                .header("content-type", "application/json");
            stage
                .send(request.body(Body::from(document.to_string())).unwrap())
                .await
        };
        let default = begun(None).await.json()["expires"].as_u64().unwrap() - now();
        assert!(
            default.abs_diff(u64::from(most.min(3600))) <= 2,
            "{default}"
        );
        assert_eq!(begun(Some(most)).await.status, StatusCode::CREATED);
        assert_eq!(begun(Some(most + 1)).await.problem(), "lifetime-refused");
        assert!(shared(&stage, most).await.is_ok());
        let refused = shared(&stage, most + 1).await.unwrap_err();
        assert_eq!(refused, "lifetime-refused");
    }
}

#[tokio::test]
async fn a_share_ends_with_the_session_that_signed_it_and_says_so() {
    let stage = Stage::signing_with(session(Some(std::time::Duration::from_secs(1800)))).await;
    let (left, validity) = shared(&stage, 43_200).await.unwrap();
    assert!((1790..=1800).contains(&left), "{left}");
    assert_eq!(validity, "shortened");
    assert_eq!(shared(&stage, 600).await.unwrap().1, "exact");
}

#[tokio::test]
async fn where_the_sessions_end_is_unknown_a_share_is_promised_for_at_most_twelve_hours() {
    // As in Lambda's environment: a session token, and no end.
    let stage = Stage::signing_with(session(None)).await;
    for seconds in [60, 43_200] {
        let (left, validity) = shared(&stage, seconds).await.unwrap();
        assert!(u64::from(seconds).abs_diff(left) <= 10, "{left}");
        assert_eq!(validity, "at-most");
    }
    for seconds in [0, 43_201, 604_800] {
        let refused = shared(&stage, seconds).await.unwrap_err();
        assert_eq!(refused, "lifetime-refused", "{seconds}");
    }
}

#[tokio::test]
async fn an_access_key_of_a_user_signs_shares_for_seven_days() {
    let stage = Stage::set().await;
    let (left, validity) = shared(&stage, 604_800).await.unwrap();
    assert!((604_790..=604_800).contains(&left), "{left}");
    assert_eq!(validity, "exact");
    assert_eq!(
        shared(&stage, 604_801).await.unwrap_err(),
        "lifetime-refused"
    );
}

#[tokio::test]
async fn nothing_is_signed_with_a_session_that_is_over() {
    let stage = Stage::signing_with(session(Some(std::time::Duration::ZERO))).await;
    assert_eq!(shared(&stage, 60).await.unwrap_err(), "credentials-expired");
}

#[tokio::test]
async fn what_goes_through_the_origin_always_carries_a_checksum() {
    let stage = Stage::set().await;
    stage.put("/objects/site/a", "text/plain", b"hello").await;
    let calls = stage.calls();
    let put = calls.iter().find(|call| call.method == "PUT").unwrap();
    let named = |name: &http::HeaderName| name.as_str().starts_with("x-amz-checksum-");
    assert!(
        put.headers.keys().any(named) || put.header("x-amz-trailer").is_some(),
        "{put:?}"
    );
}
