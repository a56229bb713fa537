//! `GET /read/{key}`: envelopes for viewers whom the edge sends, and for publishers who may `GET`.
//!
//! The query is not looked at: nothing of the answer depends on it.

use std::sync::Arc;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
        CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE,
    },
};
use keyfront_envelope::viewing::{Conditions, requested_range};
use keyfront_names::ObjectKey;

use super::{
    Origin, answers,
    credentials::Transport,
    openapi::{Conditional, Missing, Reading as Refused, Refusals},
};
use crate::{
    error::Error,
    publisher::Method,
    read::{Asked, Content, Head, Reading, Wanted},
};

/// Bytes one answer may have on this way, where there is a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLimit(pub(super) u64);

/// Reads the content of an envelope. `HEAD`, ranges and conditions count on the content.
#[utoipa::path(get, path = "/read/{key}", operation_id = "readObject", tag = "reader", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("range" = Option<String>, Header, description = "One range of bytes")), security(("publisher" = [])), responses((status = 200, description = "The content", body = answers::Content, content_type = "*/*"), (status = 206, description = "A range of it", body = answers::Content, content_type = "*/*"), (status = 304, description = "The client has it"), Refused, Conditional, Missing, Refusals))]
pub(super) async fn read(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Response, Error> {
    let key = key_of(request.uri().path())?;
    if !sent_to_read(&transport, request.headers()) {
        let session = origin.identify(transport, request.headers()).await?;
        session.publisher().authorise(Method::Get, &key)?;
    }
    let headers = request.headers();
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let asked = Asked {
        content: if request.method() == HttpMethod::HEAD {
            Wanted::Head
        } else {
            Wanted::Content
        },
        conditions: conditions(headers),
        range: range.and_then(requested_range),
        limit: request
            .extensions()
            .get::<AnswerLimit>()
            .map(|AnswerLimit(limit)| *limit),
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
    let facts = headers.get("x-keyfront-response");
    *transport == Transport::Edge
        && facts.is_some_and(|facts| facts.as_bytes().starts_with(b"v1 reader "))
}

fn key_of(path: &str) -> Result<ObjectKey, Error> {
    let encoded = path.strip_prefix("/read/").ok_or(Error::NotFound)?;
    ObjectKey::from_wire_path(encoded).map_err(Error::Key)
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
