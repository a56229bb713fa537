//! Bodies: without a length, large, cut short, sent again.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::scripted_s3::{Scripted, Stage};

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
