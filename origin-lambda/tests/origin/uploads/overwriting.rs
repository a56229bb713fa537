//! Objects that exist already: replaced on request only, by one writer.

use axum::body::Body;
use http::StatusCode;
use serde_json::json;

use crate::scripted_s3::{Recorded, Scripted, Stage};

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
    // Whose it is: not this writer's.
    stage.s3_answers(Scripted::ok(&[("etag", "\"e2\"")], ""));
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
