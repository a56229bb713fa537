//! The STS on the wire: `POST /` with a form body, XML back.
//!
//! It authenticates and writes answers; actions are read by `query_api` and decided by `sessions`.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Sts, StsError, query_api};
use crate::http_rim::{self, WholeRequest, WholeResponse, respond_with};
use crate::request_auth::RequestAuth;

const XML: &str = "text/xml";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const MAX_BODY: usize = 64 * 1024;

/// Serves `sts` on `listener` until `shutdown`; `auth` must be for the service `sts`.
///
/// # Errors
/// Only if the listener is broken.
pub async fn serve(
    listener: TcpListener,
    sts: Arc<Sts>,
    auth: RequestAuth,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let answer = move |request: WholeRequest| answer(&sts, &auth, &request);
    http_rim::serve(listener, MAX_BODY, answer, shutdown).await
}

fn answer(sts: &Sts, auth: &RequestAuth, request: &WholeRequest) -> WholeResponse {
    let request_id = Uuid::new_v4().to_string();
    let (status, body) = match call(sts, auth, request, &request_id) {
        Ok(body) => (200, body),
        Err(error) => {
            report(&error, &request_id);
            (error.status(), query_api::error_body(&error, &request_id))
        }
    };
    let mut response = respond_with(status, XML, Bytes::from(body));
    // A UUID is always a header value; without it the answer still holds its id in the body.
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn call(
    sts: &Sts,
    auth: &RequestAuth,
    request: &WholeRequest,
    request_id: &str,
) -> Result<String, StsError> {
    let head = &request.head;
    let mut requester = auth.verify(head, &request.body)?;
    requester.source_ip = Some(request.peer.ip());
    let content_type = head.headers.get(http::header::CONTENT_TYPE);
    // Clients append the charset; the form is UTF-8 in any case.
    let is_form = content_type.is_some_and(|value| value.as_bytes().starts_with(FORM));
    if head.method != Method::POST || head.uri.path() != "/" || !is_form {
        let asked = format!("{} {}", head.method, head.uri.path());
        return Err(StsError::InvalidAction(asked));
    }
    query_api::call(sts, &requester, &request.body, request_id)
}

fn report(error: &StsError, request_id: &str) {
    let code = error.code();
    if error.status() >= 500 {
        let error = error as &dyn std::error::Error;
        tracing::error!(code, request_id, error, "sts call failed");
    } else {
        tracing::debug!(code, request_id, %error, "sts call refused");
    }
}
