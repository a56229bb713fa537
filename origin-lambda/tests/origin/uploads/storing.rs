//! What S3 is sent for an upload: encryption, the wire form, content headers, checksums.

use axum::body::Body;
use http::StatusCode;
use keyfront_names::ObjectKey;
use serde_json::json;

use crate::scripted_s3::{KEY, Scripted, Stage};

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
