//! Metadata, listing and deletion.

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use keyfront_origin::sealed_text::{Purpose, SealedTexts};
use serde_json::{Value, json};

use crate::scripted_s3::{KEY, Scripted, Stage, stage::Answer};

fn page(keys: &[&str], truncated: bool) -> Scripted {
    let entry = |key: &&str| {
        format!(
            "<Contents><Key>{key}</Key><Size>3</Size><ETag>&quot;e&quot;</ETag>\
             <LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"
        )
    };
    let contents: String = keys.iter().map(entry).collect();
    Scripted::ok(
        &[("content-type", "application/xml")],
        &format!(
            "<ListBucketResult><EncodingType>url</EncodingType>\
             <IsTruncated>{truncated}</IsTruncated>{contents}</ListBucketResult>"
        ),
    )
}

fn keys(answer: &Answer) -> Vec<String> {
    let objects = answer.json()["objects"].as_array().unwrap().clone();
    objects
        .iter()
        .map(|object| object["key"].as_str().unwrap().to_owned())
        .collect()
}

fn get_rule(prefix: &str) -> Value {
    json!({"prefix": prefix, "methods": ["GET"], "max_size": 1, "content_types": ["*/*"]})
}

#[tokio::test]
async fn metadata_describes_what_is_stored_without_naming_keys_of_kms() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::ok(
        &[
            ("etag", "\"e1\""),
            ("content-length", "0"),
            ("content-type", "image/png"),
            ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("cache-control", "public, max-age=300"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
        ],
        "",
    ));
    let answer = stage.get("/objects/site/a.png").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["etag"], "\"e1\"");
    let returned = answer.json();
    assert_eq!(
        (&returned["sse"], &returned["size"]),
        (&json!("aws:kms"), &json!(0))
    );
    assert_eq!(returned["last_modified"], "2026-01-02T03:04:05Z");
    assert!(!answer.text.contains("arn:"));
    assert_eq!(stage.calls()[0].method, "HEAD");
}

#[tokio::test]
async fn a_missing_object_is_404_and_head_has_no_body() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::status(404, &[], ""));
    assert_eq!(stage.get("/objects/site/a").await.problem(), "not-found");
    stage.s3_answers(Scripted::status(404, &[], ""));
    let head = stage
        .request("HEAD", "/objects/site/a")
        .body(Body::empty())
        .unwrap();
    let answer = stage.send(head).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::NOT_FOUND, "")
    );
    assert!(answer.headers.contains_key("x-keyfront-request-id"));
}

#[tokio::test]
async fn listing_stays_within_the_publishers_prefixes() {
    let stage = Stage::with_rules(json!([get_rule("a/"), get_rule("b/")])).await;
    stage.s3_answers(page(&["a/1", "a/2"], false));
    stage.s3_answers(page(&["b/x+y%2Bz"], false));
    let answer = stage.get("/objects").await;
    assert_eq!(keys(&answer), ["a/1", "a/2", "b/x y+z"]);
    assert_eq!(answer.json()["next_cursor"], Value::Null);
    assert_eq!(answer.json()["objects"][2]["path"], "/b/x%20y+z");
    let prefixes: Vec<_> = stage.calls().into_iter().map(|call| call.query).collect();
    assert!(
        prefixes[0].contains("prefix=a%2F") && prefixes[1].contains("prefix=b%2F"),
        "{prefixes:?}"
    );
    assert_eq!(stage.get("/objects?prefix=c/").await.problem(), "forbidden");
}

#[tokio::test]
async fn a_listing_hides_what_a_stricter_rule_or_the_key_rules_hide() {
    let hidden =
        json!({"prefix": "secret/", "methods": ["PUT"], "max_size": 1, "content_types": ["*/*"]});
    let stage = Stage::with_rules(json!([get_rule(""), hidden])).await;
    stage.s3_answers(page(
        &[
            ".keyfront/publishers.json",
            "a",
            "bad%00key",
            "dot/../dot",
            "secret/plan",
            "z",
        ],
        false,
    ));
    assert_eq!(keys(&stage.get("/objects").await), ["a", "z"]);
}

#[tokio::test]
async fn pages_follow_one_another_by_an_opaque_cursor() {
    let stage = Stage::with_rules(json!([get_rule("a/"), get_rule("b/")])).await;
    stage.s3_answers(page(&["a/1", "a/2"], true));
    let answer = stage.get("/objects?limit=2").await;
    assert_eq!(keys(&answer), ["a/1", "a/2"]);
    let cursor = answer.json()["next_cursor"].as_str().unwrap().to_owned();

    stage.s3_answers(page(&["a/3"], false));
    stage.s3_answers(page(&["b/1"], true));
    let answer = stage
        .get(&format!("/objects?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(keys(&answer), ["a/3", "b/1"]);
    let cursor = answer.json()["next_cursor"].as_str().unwrap().to_owned();

    stage.s3_answers(page(&["b/2"], false));
    let answer = stage
        .get(&format!("/objects?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(keys(&answer), ["b/2"]);
    assert_eq!(answer.json()["next_cursor"], Value::Null);

    let queries: Vec<_> = stage.calls().into_iter().map(|call| call.query).collect();
    assert!(queries[1].contains("start-after=a%2F2") && queries[1].contains("max-keys=2"));
    assert!(queries[2].contains("prefix=b%2F") && queries[2].contains("max-keys=1"));
    assert!(queries[3].contains("start-after=b%2F1"), "{queries:?}");
}

#[tokio::test]
async fn a_page_full_at_the_end_of_one_prefix_continues_with_the_next() {
    let stage = Stage::with_rules(json!([get_rule("a/"), get_rule("b/")])).await;
    stage.s3_answers(page(&["a/1"], false));
    let answer = stage.get("/objects?limit=1").await;
    let cursor = answer.json()["next_cursor"].as_str().unwrap().to_owned();
    stage.s3_answers(page(&["b/1"], false));
    let answer = stage
        .get(&format!("/objects?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(
        (keys(&answer), &answer.json()["next_cursor"]),
        (vec!["b/1".to_owned()], &Value::Null)
    );
}

#[tokio::test]
async fn a_cursor_names_no_key_and_is_worth_nothing_elsewhere() {
    let stage = Stage::with_rules(json!([get_rule("a/"), {"prefix": "a/hidden/", "methods": ["PUT"], "max_size": 1, "content_types": ["*/*"]}])).await;
    for _ in 0..8 {
        stage.s3_answers(page(&["a/hidden/secret-name"], true));
    }
    let answer = stage.get("/objects").await;
    assert_eq!(keys(&answer), Vec::<String>::new());
    let cursor = answer.json()["next_cursor"].as_str().unwrap().to_owned();
    let decoded = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
    for text in [cursor.as_bytes(), &decoded] {
        let shows = text
            .windows(6)
            .any(|window| window == b"secret" || window == b"hidden");
        assert!(!shows, "{cursor}");
    }
    let mut altered = decoded.clone();
    *altered.last_mut().unwrap() ^= 1;
    // As cursors were before they were sealed.
    let forged = URL_SAFE_NO_PAD.encode("aa/hidden/secret-name");
    for text in [
        URL_SAFE_NO_PAD.encode(altered),
        forged,
        "x".to_owned(),
        "A".repeat(7000),
    ] {
        let refused = stage.get(&format!("/objects?cursor={text}")).await;
        assert_eq!(refused.problem(), "query-refused");
    }
}

#[tokio::test]
async fn a_sealed_text_opens_for_its_purpose_alone() {
    let stage = Stage::set().await;
    let texts = SealedTexts::new(stage.kms(), "media".to_owned());
    let session = stage.session();
    let sealed = texts.seal(Purpose::Upload, &session, b"plain").await;
    let sealed = sealed.unwrap();
    let open = async |purpose| texts.open(purpose, &session, &sealed).await.unwrap();
    assert_eq!(open(Purpose::Upload).await.as_deref(), Some(&b"plain"[..]));
    assert_eq!(open(Purpose::Cursor).await, None);
}

#[tokio::test]
async fn a_page_that_s3_fills_with_hidden_keys_ends_with_a_cursor_not_with_a_lie() {
    let stage = Stage::with_rules(json!([get_rule("")])).await;
    for _ in 0..8 {
        stage.s3_answers(page(&["bad%00key"], true));
    }
    let answer = stage.get("/objects").await;
    assert_eq!(keys(&answer), Vec::<String>::new());
    assert!(answer.json()["next_cursor"].is_string());
    assert_eq!(stage.calls().len(), 8);
}

#[tokio::test]
async fn deleting_is_idempotent() {
    let stage = Stage::set().await;
    let delete = || {
        stage
            .request("DELETE", "/objects/site/a")
            .body(Body::empty())
            .unwrap()
    };
    let first = stage.send(delete()).await;
    assert_eq!(first.status, StatusCode::OK);
    // A missing object has no copies to invalidate.
    stage.s3_answers(Scripted::status(404, &[], ""));
    stage.s3_answers(Scripted::error(404, "NoSuchKey", "gone"));
    let second = stage.send(delete()).await;
    assert_eq!(second.status, StatusCode::OK);
    let returned = second.json();
    assert_eq!(returned["key"], "site/a");
    assert_eq!(returned.get("cdn"), None);
    let deleted = |call: &&crate::scripted_s3::Recorded| call.method == "DELETE";
    assert_eq!(stage.calls().iter().filter(deleted).count(), 2);
}

#[tokio::test]
async fn deleting_with_if_match_deletes_that_object_only() {
    let stage = Stage::set().await;
    let head = |etag: &str| Scripted::ok(&[("etag", etag), ("content-length", "0")], "");
    let delete = || {
        let request = stage
            .request("DELETE", "/objects/site/a")
            .header("if-match", "\"e1\"");
        request.body(Body::empty()).unwrap()
    };
    // For the copies' time, and for the condition.
    let answers_twice = |answer: Scripted| {
        stage.s3_answers(answer.clone());
        stage.s3_answers(answer);
    };
    answers_twice(head("\"e1\""));
    assert_eq!(stage.send(delete()).await.status, StatusCode::OK);
    assert_eq!(stage.calls()[2].header("if-match"), Some("\"e1\""));
    answers_twice(head("\"e2\""));
    assert_eq!(stage.send(delete()).await.problem(), "precondition-failed");
    answers_twice(Scripted::status(404, &[], ""));
    assert_eq!(stage.send(delete()).await.problem(), "precondition-failed");
    answers_twice(head("\"e1\""));
    stage.s3_answers(Scripted::error(
        412,
        "PreconditionFailed",
        "changed in between",
    ));
    assert_eq!(stage.send(delete()).await.problem(), "precondition-failed");
}

#[tokio::test]
async fn deleting_must_be_named_by_the_rule() {
    let stage =
        Stage::with_rules(json!([{"prefix": "", "max_size": 1, "content_types": ["*/*"]}])).await;
    let delete = stage
        .request("DELETE", "/objects/a")
        .body(Body::empty())
        .unwrap();
    assert_eq!(stage.send(delete).await.problem(), "forbidden");
    assert!(stage.calls().is_empty());
}
