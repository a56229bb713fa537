#![allow(clippy::unwrap_used)]

use http_body_util::BodyExt as _;
use serde_json::json;

use super::*;

async fn answered(returned: Value) -> (u16, HeaderMap, Vec<u8>) {
    let (head, body) = response(Returned::Whole(returned)).unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, body.to_vec())
}

#[tokio::test]
async fn an_answer_is_passed_on_as_the_function_gave_it() {
    let (status, headers, body) = answered(json!({
        "statusCode": 201,
        "headers": {"content-type": "image/png", "X-One": "1", "content-length": "99", "connection": "close"},
        "body": "AAEC",
        "isBase64Encoded": true,
        "cookies": ["a=1", "b=2"],
    }))
    .await;
    assert_eq!((status, body), (201, vec![0, 1, 2]));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["x-one"], "1");
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    assert!(!headers.contains_key("content-length") && !headers.contains_key("connection"));
}

#[tokio::test]
async fn without_a_status_the_value_is_the_body() {
    let (status, headers, body) = answered(json!({"message": "hello"})).await;
    assert_eq!((status, body), (200, br#"{"message":"hello"}"#.to_vec()));
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(answered(json!("plain")).await.2, b"plain");
}

#[test]
fn malformed_answers_are_refused() {
    for returned in [
        json!({"statusCode": "x"}),
        json!({"statusCode": 99}),
        json!({"statusCode": 101}),
        json!({"statusCode": 600}),
        json!({"statusCode": 200, "body": {"not": "text"}}),
        json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
        json!({"statusCode": 200, "headers": {"bad name": "x"}}),
        json!({"statusCode": 200, "headers": {"x": "line\nbreak"}}),
        json!({"statusCode": 200, "cookies": ["\n"]}),
    ] {
        let outcome = response(Returned::Whole(returned.clone()));
        assert!(
            matches!(outcome, Err(InvokeError::Malformed(_))),
            "{returned}"
        );
    }
}

fn stream(prelude: Value, content: Body) -> Result<Response<Body>, InvokeError> {
    response(Returned::Streamed { prelude, content })
}

#[tokio::test]
async fn a_streamed_answer_keeps_its_length_and_ends_at_lambdas_limit() {
    let prelude =
        json!({"statusCode": 206, "headers": {"Content-Length": "4", "x-a": "1"}, "cookies": []});
    let answer = stream(prelude, Body::from("body")).unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.headers()[CONTENT_LENGTH], "4");
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes(),
        "body"
    );

    let piece = Bytes::from(vec![0; 1_000_000]);
    for (pieces, whole) in [(200, true), (201, false)] {
        let content = stream::iter(vec![Ok::<_, InvokeError>(piece.clone()); pieces]);
        let answer = stream(json!({"statusCode": 200}), Body::from_stream(content)).unwrap();
        let mut content = answer.into_body().into_data_stream();
        let (mut length, mut broken) = (0, false);
        while let Some(piece) = content.next().await {
            match piece {
                Ok(piece) => length += piece.len() as u64,
                Err(_) => broken = true,
            }
        }
        assert_eq!((length, broken), (STREAM_LIMIT, !whole));
    }
}

#[test]
fn malformed_preludes_are_refused() {
    for prelude in [json!({}), json!("x"), json!({"statusCode": 99})] {
        let outcome = stream(prelude.clone(), Body::empty());
        assert!(
            matches!(outcome, Err(InvokeError::Malformed(_))),
            "{prelude}"
        );
    }
}
