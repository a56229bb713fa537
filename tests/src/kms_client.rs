//! KMS JSON 1.1 calls of the stack's administrator, signed by the `aws-sigv4` crate.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{Method, StatusCode};

use crate::{stack::DevJson, wire::Wire};

/// Calls `operation` and returns its answer; anything but 200 fails the test.
pub async fn call(dev: &DevJson, operation: &str, input: &serde_json::Value) -> serde_json::Value {
    let admin = &dev.credentials.admin;
    let identity = aws_credential_types::Credentials::new(
        &admin.access_key_id,
        &admin.secret_access_key,
        admin.session_token.clone(),
        None,
        "tests",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&dev.region)
        .name("kms")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let wire = Wire::plain(&dev.kms_url);
    let target = format!("TrentService.{operation}");
    let mut headers = vec![
        ("host", wire.authority()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &target),
    ];
    let body = input.to_string();
    let request = SignableRequest::new(
        "POST",
        &dev.kms_url,
        headers.iter().copied(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (signed, _) = sign(request.unwrap(), &parameters).unwrap().into_parts();
    headers.remove(0);
    headers.extend(signed.headers());
    let answer = wire
        .send(Method::POST, "/", &headers, Bytes::from(body.clone()))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{operation}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or_default()
}
