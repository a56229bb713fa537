//! Bodies: signed as a whole or by chunks, and not sent at all.

use super::with_object;
use crate::{
    raw::{Payload, Raw, Signing},
    stack::error,
};

#[tokio::test]
async fn a_body_that_was_not_signed_is_refused_and_not_stored() {
    let stack = with_object().await;
    for target in ["/docs/k", "/docs?policy", "/docs?delete"] {
        let method = if target.ends_with("delete") {
            "POST"
        } else {
            "PUT"
        };
        let signed = stack.sign(Raw::new(method, target, b"{}"));
        let raw = Raw {
            body: b"[]".to_vec(),
            ..signed
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "XAmzContentSHA256Mismatch"),
            "{target}"
        );
    }
    let signing = Signing {
        payload: Payload::Text("0".repeat(64)),
        ..Signing::default()
    };
    let empty = Raw::put("/docs/k", b"")
        .header("content-length", "0")
        .signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&empty).await.error(),
        error(400, "XAmzContentSHA256Mismatch")
    );
    let signing = Signing {
        payload: Payload::Text("NOT-A-HASH".into()),
        ..Signing::default()
    };
    let raw = Raw::put("/docs/k", b"x").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(400, "InvalidArgument")
    );
    let unsigned = Signing {
        payload: Payload::Unsigned,
        ..Signing::default()
    };
    let raw = Raw::put("/docs/u", b"x").signed(&stack.host(), &stack.admin, &unsigned);
    assert_eq!(raw.send(stack.address).await.status, 200);
    assert_eq!(
        stack
            .sign(Raw::get("/docs/k"))
            .send(stack.address)
            .await
            .text(),
        "secret"
    );
}

#[tokio::test]
async fn chunk_signatures_are_verified() {
    let stack = with_object().await;
    let signing = Signing {
        payload: Payload::Text("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()),
        ..Signing::default()
    };
    let body = format!(
        "4;chunk-signature={0}\r\nabcd\r\n0;chunk-signature={0}\r\n\r\n",
        "0".repeat(64)
    );
    let raw = Raw::put("/docs/k", body.as_bytes())
        .header("x-amz-decoded-content-length", "4")
        .header("content-encoding", "aws-chunked");
    let raw = raw.signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let garbage = Raw {
        body: b"zz\r\n".to_vec(),
        ..raw.clone()
    };
    assert_eq!(stack.answer(&garbage).await.status, 400);
    assert_eq!(
        stack
            .sign(Raw::get("/docs/k"))
            .send(stack.address)
            .await
            .text(),
        "secret"
    );
}

#[tokio::test]
async fn a_client_that_awaits_100_continue_and_gets_an_answer_does_not_keep_the_connection() {
    let stack = with_object().await;
    let empty = Raw::put("/docs/empty", b"")
        .header("content-length", "0")
        .header("expect", "100-continue");
    let answer = stack.sign(empty).send(stack.address).await;
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    let refused = Raw::put("/docs/k", b"x")
        .header("host", &stack.host())
        .header("expect", "100-continue");
    let answer = stack.answer(&refused).await;
    assert_eq!((answer.status, answer.header("connection")), (403, "close"));
    let taken = Raw::put("/docs/k2", b"x").header("expect", "100-continue");
    let answer = stack.sign(taken).send(stack.address).await;
    assert_eq!((answer.status, answer.header("connection")), (200, ""));
}
