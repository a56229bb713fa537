//! `GET /read/{key}`: envelopes for viewers whom the edge sends, and for publishers who may `GET`.
//!
//! The query is not looked at: nothing of the answer depends on it.

use std::sync::Arc;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
        CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE,
    },
};
use keyfront_contract::{Route, header};
use keyfront_envelope::viewing::{Conditions, requested_range};

use super::{
    credentials::{Transport, presented},
    key_path::KeyPath,
    middleware,
    openapi::Reading as Problems,
    refusal::Refusal,
    responses,
};
use crate::{
    origin::Origin,
    publisher::Method,
    read::{Asked, Content, Head, Reading, Wanted},
};

/// Bytes one answer may have on this way, where there is a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLimit(pub(super) u64);

/// Reads the content of an envelope. `HEAD`, ranges and conditions count on the content.
#[utoipa::path(get, path = "/read/{key}", operation_id = "readObject", tag = "reader", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("range" = Option<String>, Header, description = "One range of bytes")), security(("publisher" = [])), responses((status = 200, description = "The content", body = responses::Content, content_type = "*/*"), (status = 206, description = "A range of it", body = responses::Content, content_type = "*/*"), (status = 304, description = "The client has it"), Problems))]
pub(super) async fn read(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Extension(transport): Extension<Transport>,
    limit: Option<Extension<AnswerLimit>>,
    method: HttpMethod,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if !sent_to_read(&transport, &headers) {
        let credential = presented(transport, &headers)?;
        let session = origin.directory.identify(&origin.store, credential).await?;
        middleware::note_publisher(&session);
        session.publisher().authorise(Method::Get, &key)?;
    }
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let asked = Asked {
        content: if method == HttpMethod::HEAD {
            Wanted::Head
        } else {
            Wanted::Content
        },
        conditions: conditions(&headers),
        range: range.and_then(requested_range),
        limit: limit.map(|Extension(AnswerLimit(limit))| limit),
    };
    Ok(match origin.reader.read(&key, &asked).await? {
        Reading::NotModified(head) => answer(StatusCode::NOT_MODIFIED, &head, None),
        Reading::Described(head) => {
            let mut answer = answer(StatusCode::OK, &head, None);
            set(&mut answer, CONTENT_LENGTH, &head.length.to_string());
            answer
        }
        Reading::Whole(head, content) => {
            answer(StatusCode::OK, &head, Some((head.length, content)))
        }
        Reading::Part(head, range, content) => {
            let content = Some((range.length(), content));
            let mut answer = answer(StatusCode::PARTIAL_CONTENT, &head, content);
            let (first, last) = (range.first(), range.last());
            let value = format!("bytes {first}-{last}/{}", head.length);
            set(&mut answer, CONTENT_RANGE, &value);
            answer
        }
    })
}

fn conditions(headers: &HeaderMap) -> Conditions {
    let values = |name| {
        let values = headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap_or_default())
    };
    let seconds = |text: &str| {
        let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok()?;
        Some(date.secs())
    };
    Conditions::read(values, seconds)
}

/// Whether the edge sends a viewer on the reader's route. The publish route comes from the edge as
/// well, and there a viewer is a publisher or nobody. The edge alone writes this header: a viewer's
/// `x-keyfront-*` never pass it.
fn sent_to_read(transport: &Transport, headers: &HeaderMap) -> bool {
    let facts = headers.get(header::RESPONSE_FACTS);
    let facts = facts.and_then(|facts| facts.to_str().ok());
    *transport == Transport::Edge && facts.and_then(Route::of_response_facts) == Some(Route::Reader)
}

fn answer(status: StatusCode, head: &Head, content: Option<(u64, Content)>) -> Response {
    let length = content.as_ref().map(|(length, _)| length.to_string());
    let body = content.map_or_else(Body::empty, |(_, content)| Body::from_stream(content));
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let modified = head
        .last_modified
        .and_then(|at| at.fmt(DateTimeFormat::HttpDate).ok());
    for (name, value) in [
        (ETAG, Some(head.etag.as_str())),
        (LAST_MODIFIED, modified.as_deref()),
        (
            CACHE_CONTROL,
            head.cache_control.as_deref().or(Some("no-store")),
        ),
        (ACCEPT_RANGES, Some("bytes")),
        (CONTENT_LENGTH, length.as_deref()),
        (CONTENT_TYPE, head.content_type.as_deref()),
        (CONTENT_ENCODING, head.content_encoding.as_deref()),
        (CONTENT_DISPOSITION, head.content_disposition.as_deref()),
    ] {
        if let Some(value) = value {
            set(&mut answer, name, value);
        }
    }
    answer
}

/// A value S3 gave back is a header's value already; one that is none after all is left out.
fn set(answer: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
