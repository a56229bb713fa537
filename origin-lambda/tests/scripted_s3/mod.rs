//! An S3 on loopback whose answers a test scripts, behind the real AWS SDK, with the real router in
//! front. It records every request it gets, complete or cut off.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

pub mod stage;

pub mod viewer_key;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{body::Body, extract::Request, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use keyfront_origin::publisher::POLICY_KEY;
use serde_json::json;

pub use stage::Stage;

pub const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";

/// A request as S3 got it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    /// `None`: the connection ended before the body did.
    pub body: Option<Bytes>,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An answer S3 shall give.
#[derive(Debug, Clone)]
pub struct Scripted {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Scripted {
    pub fn ok(headers: &[(&str, &str)], body: &str) -> Self {
        Self::status(200, headers, body)
    }

    pub fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            status,
            headers: headers.iter().map(own).collect(),
            body: body.to_owned(),
        }
    }

    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Self::status(status, &[("content-type", "application/xml")], &body)
    }

    fn stored() -> Self {
        Self::ok(
            &[
                ("etag", "\"e1\""),
                ("x-amz-server-side-encryption", "aws:kms"),
                ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
                ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
            ],
            "",
        )
    }

    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap()
    }
}

#[derive(Debug, Default)]
struct Script {
    recorded: Vec<Recorded>,
    answers: VecDeque<Scripted>,
    standing: Option<fn(&Recorded) -> Option<Scripted>>,
    /// The key that the parameter about viewers names.
    viewers_key: Option<&'static str>,
    data_keys: Vec<String>,
    parameters: Vec<Recorded>,
    policy: Vec<u8>,
    policy_version: u32,
    policy_reads: u32,
    policy_failure: Option<Scripted>,
}

async fn serve(script: Arc<Mutex<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.ok().map(|body| body.to_bytes());
    if let Some(operation) = parts.headers.get("x-amz-target") {
        let operation = operation.to_str().unwrap().to_owned();
        let call = recorded(&parts, body);
        let mut script = script.lock().unwrap();
        return match operation.as_str() {
            "AmazonSSM.GetParameter" => parameter(&mut script, call),
            _ => key_service(&mut script, operation, &call),
        };
    }
    if parts.method == Method::HEAD && parts.uri.path().ends_with(".instruction") {
        // Objects here have no instruction files.
        return Scripted::status(404, &[], "").into_response();
    }
    let mut script = script.lock().unwrap();
    if parts.method == Method::GET && parts.uri.path() == format!("/media/{POLICY_KEY}") {
        script.policy_reads += 1;
        if let Some(failure) = &script.policy_failure {
            return failure.clone().into_response();
        }
        let etag = format!("\"p{}\"", script.policy_version);
        if parts
            .headers
            .get("if-none-match")
            .is_some_and(|known| *known == *etag)
        {
            return Scripted::status(304, &[("etag", &etag)], "").into_response();
        }
        let document = String::from_utf8(script.policy.clone()).unwrap();
        return Scripted::ok(&[("etag", &etag)], &document).into_response();
    }
    script.recorded.push(recorded(&parts, body));
    let default = || match parts.method {
        Method::DELETE => Scripted::status(204, &[], ""),
        _ => Scripted::stored(),
    };
    let standing = script.standing.and_then(|answer| {
        let call = script.recorded.last()?;
        answer(call)
    });
    script
        .answers
        .pop_front()
        .or(standing)
        .unwrap_or_else(default)
        .into_response()
}

fn parameter(script: &mut Script, call: Recorded) -> Response {
    let standing = script.standing.and_then(|answer| answer(&call));
    let of_viewers = call.body.as_deref().is_some_and(|body| {
        let name: serde_json::Value = serde_json::from_slice(body).unwrap();
        name["Name"].as_str().unwrap().ends_with(stage::VIEWERS)
    });
    script.parameters.push(call);
    let value = match of_viewers {
        true => {
            let mut document = json!({
                "url": "https://www.example.com", "key_id": "K2JCJMDEHXQW5F", "prefixes": ["site/members/", "images/"],
            });
            if let Some(key) = script.viewers_key {
                document["signing_key_arn"] = key.into();
            }
            document.to_string()
        }
        false => "E1".to_owned(),
    };
    let parameter = json!({"Parameter": {"Value": value}}).to_string();
    standing
        .unwrap_or_else(|| Scripted::ok(&[], &parameter))
        .into_response()
}

fn key_service(script: &mut Script, operation: String, call: &Recorded) -> Response {
    let made = script.data_keys.len();
    let usual = viewer_key::answer(&operation, call);
    script.data_keys.push(operation);
    let Some(usual) = usual else {
        return data_key(made);
    };
    let standing = script.standing.and_then(|answer| answer(call));
    standing.unwrap_or(usual).into_response()
}

fn recorded(parts: &http::request::Parts, body: Option<Bytes>) -> Recorded {
    Recorded {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body,
    }
}

/// KMS, which shares the address: every data key is the same one, each time wrapped differently.
fn data_key(made: usize) -> Response {
    let mut wrapped = [7; 184];
    wrapped[..8].copy_from_slice(&made.to_be_bytes());
    let answer = json!({
        "KeyId": KEY,
        "CiphertextBlob": STANDARD.encode(wrapped),
        "Plaintext": STANDARD.encode([9; 32]),
    });
    Scripted::ok(
        &[("content-type", "application/x-amz-json-1.1")],
        &answer.to_string(),
    )
    .into_response()
}
