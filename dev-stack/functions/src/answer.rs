//! What a function returned, as HTTP.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload>. Pure.

use std::collections::BTreeMap;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::STREAM_LIMIT;
use super::outcome::{InvokeError, Returned};

/// An answer in the payload format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadResponse {
    status_code: u16,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    cookies: Option<Vec<String>>,
}

/// Reads what the function returned.
pub(super) fn response(returned: Returned) -> Result<Response<Body>, InvokeError> {
    match returned {
        Returned::Whole(value) => whole(value),
        Returned::Streamed { prelude, content } => streamed(prelude, content),
    }
}

/// An answer whose content is still on its way. Its length, where the prelude has it, binds the content.
fn streamed(prelude: Value, content: Body) -> Result<Response<Body>, InvokeError> {
    let response_payload: PayloadResponse = serde_json::from_value(prelude)
        .map_err(|_| InvokeError::Malformed("its prelude has the wrong format"))?;
    let status = status(response_payload.status_code)?;
    let length = response_payload
        .headers
        .iter()
        .flatten()
        .find_map(|(name, value)| {
            let length = name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str());
            length.then(|| value.parse::<u64>().ok())?
        });
    let mut response = Response::new(capped(content));
    *response.status_mut() = status;
    *response.headers_mut() = headers(response_payload.headers, response_payload.cookies)?;
    if let Some(length) = length {
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

/// Content up to Lambda's limit, and a failure there.
fn capped(content: Body) -> Body {
    let start = (content.into_data_stream(), STREAM_LIMIT);
    Body::from_stream(
        stream::try_unfold(start, async |(mut content, left)| {
            let Some(bytes) = content.next().await.transpose()? else {
                return Ok(None);
            };
            match left.checked_sub(bytes.len() as u64) {
                Some(left) => Ok(Some((bytes, (content, left)))),
                None => Err(axum::Error::new(InvokeError::StreamTooLarge)),
            }
        })
        .inspect(|piece: &Result<Bytes, axum::Error>| {
            if let Err(cause) = piece {
                tracing::warn!(%cause, "function url: a streamed response was aborted");
            }
        }),
    )
}

/// Without a `statusCode` the whole value is the body of a 200, as in AWS.
fn whole(returned: Value) -> Result<Response<Body>, InvokeError> {
    if returned.get("statusCode").is_none() {
        return Ok(inferred(&returned));
    }
    let response_payload: PayloadResponse = serde_json::from_value(returned)
        .map_err(|_| InvokeError::Malformed("it does not have the payload format"))?;
    let status = status(response_payload.status_code)?;
    let body = response_payload.body.unwrap_or_default();
    let body = match response_payload.is_base64_encoded {
        Some(true) => STANDARD
            .decode(body)
            .map_err(|_| InvokeError::Malformed("its body is not base64"))?,
        Some(false) | None => body.into_bytes(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers(response_payload.headers, response_payload.cookies)?;
    Ok(response)
}

fn status(code: u16) -> Result<StatusCode, InvokeError> {
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| (200..600).contains(&status.as_u16()))
        .ok_or(InvokeError::Malformed("its statusCode is not a status"))
}

fn inferred(returned: &Value) -> Response<Body> {
    let text = match returned {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The connection and the length are the front door's own.
fn headers(
    given: Option<BTreeMap<String, String>>,
    cookies: Option<Vec<String>>,
) -> Result<HeaderMap, InvokeError> {
    let unusable = || InvokeError::Malformed("a header of it is not valid");
    let mut headers = HeaderMap::new();
    for (name, value) in given.unwrap_or_default() {
        let name = HeaderName::try_from(name).map_err(|_| unusable())?;
        if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            continue;
        }
        headers.append(name, HeaderValue::try_from(value).map_err(|_| unusable())?);
    }
    for cookie in cookies.unwrap_or_default() {
        let cookie = HeaderValue::try_from(cookie).map_err(|_| unusable())?;
        headers.append(SET_COOKIE, cookie);
    }
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    Ok(headers)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
