//! `GET /read/{key}`: envelopes, and objects under customer keys, for viewers whom the edge sends, and for publishers who may
//! `GET`.
//!
//! The query is ignored: nothing of the response depends on it.

use std::sync::Arc;

use axum::{Extension, body::Body, extract::State, response::Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY},
};
use keyfront_envelope::reader::{ReadMethod, ReadRequest};

use super::{
    key_path::KeyPath, openapi::Reading as Problems, reader::Reader, refusal::Refusal, responses,
};
use crate::{
    error::Error,
    origin::Origin,
    read::{Reading, http_date_seconds},
};

/// Bytes that one response may have on this transport, where there is a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLimit(pub(super) u64);

/// Reads the content of an envelope, or of an object under a customer key. `HEAD`, ranges and conditions count on the content.
#[utoipa::path(get, path = "/read/{key}", operation_id = "readObject", tag = "reader", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("range" = Option<String>, Header, description = "One range of bytes")), security(("publisher" = [])), responses((status = 200, description = "The content", body = responses::Content, content_type = "*/*"), (status = 206, description = "A range of it", body = responses::Content, content_type = "*/*"), (status = 304, description = "Not modified"), Problems))]
pub(super) async fn read(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    reader: Reader,
    limit: Option<Extension<AnswerLimit>>,
    method: HttpMethod,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let holder = reader.admit(&key)?;
    let mut request = read_request(&method, &headers);
    request.limit = limit.map(|Extension(AnswerLimit(limit))| limit);
    let reading = origin.reader.read(&key, &request, holder).await?;
    Ok(response(reading)?)
}

fn read_request(method: &HttpMethod, headers: &HeaderMap) -> ReadRequest {
    let values = |name| {
        let values = headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap_or_default())
    };
    let method = ReadMethod::from_name(method.as_str());
    ReadRequest::read(method, values, http_date_seconds)
}

fn response(reading: Reading) -> Result<Response, Error> {
    let Reading {
        head,
        content,
        sandboxed,
    } = reading;
    let status = StatusCode::from_u16(head.status).map_err(|_| Error::Internal)?;
    let mut response = Response::new(content.map_or_else(Body::empty, Body::from_stream));
    *response.status_mut() = status;
    let length = head.content_length.map(|length| length.to_string());
    let length = length.map(|length| (CONTENT_LENGTH.as_str(), length));
    for (name, value) in head.headers.into_iter().chain(length) {
        // A value that S3 returned is a valid header value; if one is not, it is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    if sandboxed {
        let sandbox = HeaderValue::from_static("sandbox");
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, sandbox);
    }
    Ok(response)
}
