//! The rules of a publisher, checked before a byte is stored.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;

use crate::scripted_s3::Stage;

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
