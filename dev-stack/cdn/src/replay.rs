//! A stored answer given to one viewer: conditional requests, ranges and HEAD, from the cache.
//!
//! Decides nothing about freshness; by now the stored answer is the one to give.

use std::time::SystemTime;

use futures::{StreamExt, stream};
use http::header::{
    ACCEPT_RANGES, AGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;

use super::body::{self, Body};
use super::byte_range::{Wanted, wanted};
use super::store::CachedResponse;

/// The answer for a request with this method and these headers.
pub(super) fn replay(
    stored: &CachedResponse,
    method: &Method,
    request: &HeaderMap,
) -> Response<Body> {
    if stored.status == StatusCode::OK {
        if is_not_modified(&stored.headers, request) {
            return not_modified(stored);
        }
        if *method == Method::GET && range_applies(&stored.headers, request) {
            let header = request.get(RANGE).and_then(|value| value.to_str().ok());
            match header.map_or(Wanted::Whole, |h| wanted(h, stored.body.length())) {
                Wanted::Whole => {}
                Wanted::Unsatisfiable => return unsatisfiable(stored),
                Wanted::Parts(parts) => match parts.as_slice() {
                    [only] => return one_part(stored, only.start, only.end),
                    several => return several_parts(stored, several),
                },
            }
        }
    }
    let content = if *method == Method::HEAD {
        body::empty()
    } else {
        stored.body.read(0..stored.body.length())
    };
    answer(stored.status, stored.headers.clone(), content)
}

/// `Age` as of now (RFC 9111 section 5.1).
pub(super) fn set_age(answer: &mut Response<Body>, stored: &CachedResponse, now: SystemTime) {
    let age = HeaderValue::from(stored.freshness.age(now));
    answer.headers_mut().insert(AGE, age);
}

fn answer(status: StatusCode, headers: HeaderMap, content: Body) -> Response<Body> {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

/// RFC 9110 section 13.2.2: `If-None-Match` decides alone where it is present.
fn is_not_modified(stored: &HeaderMap, request: &HeaderMap) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let Some(own) = text(stored, ETAG) else {
            return false;
        };
        return request
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || opaque(tag) == opaque(own));
    }
    let since = text(request, IF_MODIFIED_SINCE).and_then(|d| httpdate::parse_http_date(d).ok());
    let modified = text(stored, LAST_MODIFIED).and_then(|d| httpdate::parse_http_date(d).ok());
    matches!((since, modified), (Some(since), Some(modified)) if modified <= since)
}

/// Weak comparison (RFC 9110 section 8.8.3.2).
pub(super) fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// RFC 9110 section 13.1.5: a strong tag, or the exact date.
fn range_applies(stored: &HeaderMap, request: &HeaderMap) -> bool {
    if !request.contains_key(RANGE) {
        return false;
    }
    match request.get(IF_RANGE).map(HeaderValue::as_bytes) {
        None => true,
        Some(tag) if tag.starts_with(b"\"") => {
            stored.get(ETAG).is_some_and(|own| own.as_bytes() == tag)
        }
        Some(date) => stored
            .get(LAST_MODIFIED)
            .is_some_and(|own| own.as_bytes() == date),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// RFC 9110 section 15.4.5: no content, and none of the headers that describe it.
fn not_modified(stored: &CachedResponse) -> Response<Body> {
    let mut headers = stored.headers.clone();
    for name in [
        "content-length",
        "content-type",
        "content-encoding",
        "content-language",
    ] {
        headers.remove(name);
    }
    answer(StatusCode::NOT_MODIFIED, headers, body::empty())
}

fn unsatisfiable(stored: &CachedResponse) -> Response<Body> {
    let mut headers = stored.headers.clone();
    for name in ["content-type", "content-encoding", "content-language"] {
        headers.remove(name);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
    set(
        &mut headers,
        CONTENT_RANGE,
        &format!("bytes */{}", stored.body.length()),
    );
    answer(StatusCode::RANGE_NOT_SATISFIABLE, headers, body::empty())
}

fn one_part(stored: &CachedResponse, start: u64, end: u64) -> Response<Body> {
    let mut headers = stored.headers.clone();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(
        &mut headers,
        CONTENT_RANGE,
        &content_range(stored, start, end),
    );
    answer(
        StatusCode::PARTIAL_CONTENT,
        headers,
        stored.body.read(start..end),
    )
}

/// `multipart/byteranges` (RFC 9110 section 14.6).
fn several_parts(stored: &CachedResponse, parts: &[std::ops::Range<u64>]) -> Response<Body> {
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let content_type = text(&stored.headers, CONTENT_TYPE);
    let mut pieces = Vec::with_capacity(parts.len() * 2 + 1);
    let mut length = 0;
    let mut line_break = "";
    for part in parts {
        let mut head = format!("{line_break}--{boundary}\r\n");
        if let Some(content_type) = content_type {
            head.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        let range = content_range(stored, part.start, part.end);
        head.push_str(&format!("Content-Range: {range}\r\n\r\n"));
        length += head.len() as u64 + (part.end - part.start);
        pieces.push(body::full(head));
        pieces.push(stored.body.read(part.clone()));
        line_break = "\r\n";
    }
    let tail = format!("\r\n--{boundary}--\r\n");
    length += tail.len() as u64;
    pieces.push(body::full(tail));
    let mut headers = stored.headers.clone();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    set(
        &mut headers,
        CONTENT_TYPE,
        &format!("multipart/byteranges; boundary={boundary}"),
    );
    let content = stream::iter(pieces).flat_map(BodyExt::into_data_stream);
    answer(StatusCode::PARTIAL_CONTENT, headers, body::chunks(content))
}

fn content_range(stored: &CachedResponse, start: u64, end: u64) -> String {
    format!("bytes {start}-{}/{}", end - 1, stored.body.length())
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
