//! Answers functions make: in the origin's place, or over the origin's own.
//!
//! They are valid by now; this turns them into what goes to the viewer.

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode};

use super::body;
use super::edge::EdgeRuntime;
use super::edge::event::{EdgeRequest, EdgeResponse, EventConfig, from_event, to_event};
use super::edge::verdict::{generated_body, status};
use super::refusal::Refusal;
use super::upstream_response::{AnsweredBy, UpstreamResponse, invalid};

/// What the origin-request function answered by itself.
pub(super) fn generated(
    response: &EdgeResponse,
    method: &Method,
) -> Result<UpstreamResponse, Refusal> {
    let wrong = |reason: String| invalid(&reason);
    let content = generated_body(response).map_err(wrong)?.unwrap_or_default();
    let status = status(response).map_err(wrong)?;
    let mut headers = from_event(&response.headers)
        .map_err(|name| invalid(&format!("the header `{name}` is not valid")))?;
    describe(&mut headers, status, content.len());
    Ok(UpstreamResponse {
        by: AnsweredBy::Function,
        status,
        headers,
        body: match *method {
            Method::HEAD => body::empty(),
            _ => body::full(content),
        },
    })
}

/// `Content-Length` of a body made here; 204 and 304 have none (RFC 9110 section 8.6).
fn describe(headers: &mut HeaderMap, status: StatusCode, length: usize) {
    headers.remove(TRANSFER_ENCODING);
    headers.remove(CONTENT_LENGTH);
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
}

/// Lets the origin-response function change the answer. Without a body of its own the origin's goes on.
pub(super) async fn revise(
    edge: &EdgeRuntime,
    config: &EventConfig,
    request: &EdgeRequest,
    answer: UpstreamResponse,
    method: &Method,
) -> Result<UpstreamResponse, Refusal> {
    let mut shown_headers = answer.headers.clone();
    // Functions see it, and must hand it back; here it was taken off with the other hop-by-hop headers.
    if is_chunked(&answer, method) {
        shown_headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    let shown = EdgeResponse {
        status: answer.status.as_str().to_owned(),
        status_description: answer
            .status
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
        headers: to_event(&shown_headers),
        body: None,
        body_encoding: None,
    };
    let returned = edge.origin_response(config, request, &shown).await?;
    let wrong = |reason: String| invalid(&reason);
    let status = status(&returned).map_err(wrong)?;
    let mut headers = from_event(&returned.headers)
        .map_err(|name| invalid(&format!("the header `{name}` is not valid")))?;
    let length = answer.headers.get(CONTENT_LENGTH).cloned();
    let body = match generated_body(&returned).map_err(wrong)? {
        Some(content) => {
            describe(&mut headers, status, content.len());
            match *method {
                Method::HEAD => body::empty(),
                _ => body::full(content),
            }
        }
        None => {
            // The origin's body goes on, so its length does.
            headers.remove(TRANSFER_ENCODING);
            headers.remove(CONTENT_LENGTH);
            if let Some(length) = length {
                headers.insert(CONTENT_LENGTH, length);
            }
            answer.body
        }
    };
    Ok(UpstreamResponse {
        by: AnsweredBy::Origin,
        status,
        headers,
        body,
    })
}

fn is_chunked(answer: &UpstreamResponse, method: &Method) -> bool {
    let has_body = *method != Method::HEAD
        && !matches!(
            answer.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
    has_body && !answer.headers.contains_key(CONTENT_LENGTH)
}
