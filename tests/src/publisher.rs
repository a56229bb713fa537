//! A publisher with the stack's token: uploads by the publishers' API.

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::{keys, stack::Stack, wire::Answer};

/// Uploads one object; the answer is returned whatever it is.
pub async fn put(stack: &Stack, key: &str, body: Bytes, headers: &[(&str, &str)]) -> Answer {
    let bearer = stack.bearer();
    let mut all = vec![("authorization", bearer.as_str())];
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        all.push(("content-type", "application/octet-stream"));
    }
    all.extend_from_slice(headers);
    let target = format!("/objects/{}", keys::wire(key));
    stack.origin().send(Method::PUT, &target, &all, body).await
}

/// Uploads one object that must be accepted.
pub async fn publish(stack: &Stack, key: &str, body: impl Into<Bytes>) {
    let answer = put(stack, key, body.into(), &[]).await;
    assert_eq!(
        answer.status,
        StatusCode::CREATED,
        "PUT {key:?}: {answer:?}"
    );
}
