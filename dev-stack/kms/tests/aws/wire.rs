//! Calls of KMS over HTTP, signed as a client signs them.

use bytes::Bytes;
use http::Response;
use keyfront_iam::Credentials;
use serde_json::Value;

use crate::stack::Served;

pub(crate) const JSON: &str = "application/x-amz-json-1.1";

pub(crate) async fn answer(
    kms: &Served,
    who: &Credentials,
    operation: &str,
    body: &str,
) -> Response<Bytes> {
    let target = format!("TrentService.{operation}");
    let headers = [("content-type", JSON), ("x-amz-target", target.as_str())];
    kms.send(kms.signed(who, &headers, body)).await
}

pub(crate) async fn call(kms: &Served, who: &Credentials, operation: &str, body: Value) -> Value {
    let response = answer(kms, who, operation, &body.to_string()).await;
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(response.status(), 200, "{operation}: {text}");
    assert_eq!(response.headers()["content-type"], JSON);
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
    if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap()
    }
}

pub(crate) async fn refused(
    kms: &Served,
    who: &Credentials,
    operation: &str,
    body: &str,
) -> String {
    let response = answer(kms, who, operation, body).await;
    assert_eq!(response.status(), 400);
    code_of(&response)
}

pub(crate) fn code_of(response: &Response<Bytes>) -> String {
    let error: Value = serde_json::from_slice(response.body()).unwrap();
    error["__type"].as_str().unwrap().to_owned()
}
