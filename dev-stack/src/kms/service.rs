//! The KMS on the wire: `POST /` with `X-Amz-Target: TrentService.Operation`, JSON 1.1 both ways.
//!
//! It authenticates, dispatches and writes answers; what an operation means is not decided here.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::calls::Operation;
use super::{Kms, KmsError, json_api};
use crate::http_rim::{self, WholeRequest, WholeResponse, respond_with};
use crate::request_auth::{AuthError, RequestAuth};

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const SERVICE_PREFIX: &str = "TrentService.";
/// No request comes near: the largest holds a 32 KiB policy, escaped.
const MAX_BODY: usize = 256 * 1024;

/// Serves `kms` on `listener` until `shutdown`; `auth` must be for the service `kms`.
///
/// # Errors
/// Only if the listener is broken.
pub async fn serve(
    listener: TcpListener,
    kms: Arc<Kms>,
    auth: RequestAuth,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let answer = move |request: WholeRequest| answer(&kms, &auth, &request);
    http_rim::serve(listener, MAX_BODY, answer, shutdown).await
}

fn answer(kms: &Kms, auth: &RequestAuth, request: &WholeRequest) -> WholeResponse {
    let request_id = Uuid::new_v4().to_string();
    let (status, body) = match call(kms, auth, request) {
        Ok(body) => (200, body),
        Err(error) => {
            report(&error, &request_id);
            (error.status(), error_body(&error))
        }
    };
    let mut response = respond_with(status, JSON, body);
    // A UUID is always a header value; without it the answer merely lacks its id.
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn call(kms: &Kms, auth: &RequestAuth, request: &WholeRequest) -> Result<Bytes, KmsError> {
    let mut requester = auth.verify(&request.head, &request.body)?;
    requester.source_ip = Some(request.peer.ip());
    let operation = operation_of(request)?;
    json_api::call(kms, &requester, operation, &request.body).map(Bytes::from)
}

fn operation_of(request: &WholeRequest) -> Result<Operation, KmsError> {
    let head = &request.head;
    let mut targets = head.headers.get_all(TARGET).iter();
    let target = match (targets.next(), targets.next()) {
        (Some(target), None) => String::from_utf8_lossy(target.as_bytes()).into_owned(),
        _ => String::new(),
    };
    let unknown = || KmsError::UnknownOperation(target.clone());
    let is_root = head.method == Method::POST && head.uri.path() == "/";
    let content_type = head.headers.get(http::header::CONTENT_TYPE);
    let is_json = content_type.is_some_and(|value| value.as_bytes() == JSON.as_bytes());
    if !is_root || !is_json {
        return Err(unknown());
    }
    target
        .strip_prefix(SERVICE_PREFIX)
        .and_then(Operation::parse)
        .ok_or_else(unknown)
}

fn error_body(error: &KmsError) -> Bytes {
    // The member is `message` in KMS's model, except for errors of the authentication in front of it,
    // where clients have met both spellings; they all read either.
    let mut body = serde_json::Map::new();
    body.insert("__type".to_owned(), error.code().into());
    if let Some(message) = error.aws_message() {
        body.insert("message".to_owned(), message.into());
    }
    Bytes::from(serde_json::Value::Object(body).to_string())
}

fn report(error: &KmsError, request_id: &str) {
    let code = error.code();
    if error.status() >= 500 {
        tracing::error!(
            code,
            request_id,
            error = error as &dyn std::error::Error,
            "kms call failed"
        );
    } else if !matches!(error, KmsError::Unauthenticated(AuthError::Missing)) {
        tracing::debug!(code, request_id, %error, "kms call refused");
    }
}
