//! Direct uploads: planned by the origin, sent straight to S3, completed and verified.

mod forms;
mod image_api;
mod multipart;
mod presigned_puts;
mod shares;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    stack::Stack,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

pub(crate) use self::forms::{fields_of, post};

const MIB: usize = 1 << 20;

async fn ask(stack: &Stack, method: Method, target: &str, document: Value) -> Answer {
    let bearer = stack.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = if document.is_null() {
        Bytes::new()
    } else {
        document.to_string().into()
    };
    stack.origin().send(method, target, &headers, body).await
}

fn read(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

async fn begin(stack: &Stack, document: Value) -> Value {
    read(&ask(stack, Method::POST, "/uploads", document).await)
}

async fn complete(stack: &Stack, begun: &Value) -> Answer {
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}/complete");
    ask(stack, Method::POST, &target, Value::Null).await
}

fn at(url: &str) -> (Wire, String) {
    let start = url.find("://").unwrap() + 3;
    let slash = start + url[start..].find('/').unwrap();
    (Wire::plain(&url[..slash]), url[slash..].to_owned())
}

fn headers_of(grant: &Value) -> Vec<(String, String)> {
    let headers = grant["headers"].as_object().unwrap();
    headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .filter(|(name, _)| name != "content-length")
        .collect()
}

async fn send_with(grant: &Value, headers: &[(String, String)], body: Bytes) -> Answer {
    let (wire, target) = at(grant["url"].as_str().unwrap());
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    wire.send(Method::PUT, &target, &headers, body).await
}

pub(crate) async fn send(grant: &Value, body: impl Into<Bytes>) -> Answer {
    send_with(grant, &headers_of(grant), body.into()).await
}

async fn sign(stack: &Stack, begun: &Value, parts: Value) -> Vec<Value> {
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}/parts");
    let answer = ask(stack, Method::POST, &target, json!({"parts": parts})).await;
    read(&answer)["parts"].as_array().unwrap().clone()
}

async fn status_of(stack: &Stack, key: &str) -> StatusCode {
    let target = format!("/objects/{key}");
    ask(stack, Method::GET, &target, Value::Null).await.status
}
