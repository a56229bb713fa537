//! What a function returned, validated as CloudFront does it ("Restrictions on edge functions").
//!
//! An `Err` is the reason CloudFront would answer 502 for; nothing is repaired silently.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::event::{EdgeBody, EdgeHeaders, EdgeOrigin, EdgeRequest, EdgeResponse, from_event};
use crate::header_rules::{
    READ_ONLY_AT_ORIGIN_REQUEST, READ_ONLY_AT_ORIGIN_RESPONSE, check_origin_custom_header,
    disallowed_in_functions,
};

/// Bytes of a response a function makes, headers included, and of a body it puts in a request's place.
const GENERATED_LIMIT: usize = 1024 * 1024;
/// Characters of path and query together.
pub(crate) const URL_LIMIT: usize = 8192;

/// What an origin-request function decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestVerdict {
    /// Send this on.
    Forward(Box<EdgeRequest>),
    /// Answer with this; the origin is not called.
    Answer(Box<EdgeResponse>),
}

impl RequestVerdict {
    /// Reads what a function returned. A response has a `status`; a request has a `uri`.
    pub(crate) fn from_returned(returned: Value) -> Result<Self, String> {
        let wrong = |cause: serde_json::Error| format!("the returned object is malformed: {cause}");
        match &returned {
            Value::Object(fields) if fields.contains_key("status") => {
                serde_json::from_value(returned).map(|r| Self::Answer(Box::new(r)))
            }
            Value::Object(fields) if fields.contains_key("uri") => {
                serde_json::from_value(returned).map(|r| Self::Forward(Box::new(r)))
            }
            _ => return Err("the function returned neither a request nor a response".into()),
        }
        .map_err(wrong)
    }

    /// Validates it against the request the function was given.
    pub(crate) fn checked(self, given: &EdgeRequest) -> Result<Self, String> {
        match &self {
            Self::Forward(request) => check_request(given, request)?,
            Self::Answer(response) => check_generated(response)?,
        }
        Ok(self)
    }
}

fn check_request(given: &EdgeRequest, returned: &EdgeRequest) -> Result<(), String> {
    if returned.method != given.method {
        return Err("the method is read-only".into());
    }
    if returned.client_ip != given.client_ip {
        return Err("clientIp is read-only".into());
    }
    check_url(returned)?;
    check_headers(
        &given.headers,
        &returned.headers,
        &READ_ONLY_AT_ORIGIN_REQUEST,
    )?;
    if let Some(origin) = &returned.origin {
        check_origin(origin, given.origin.as_ref(), &returned.headers)?;
    }
    if let Some(body) = &returned.body {
        replacement(body)?;
    }
    Ok(())
}

fn check_url(returned: &EdgeRequest) -> Result<(), String> {
    let EdgeRequest {
        uri, querystring, ..
    } = returned;
    if !uri.starts_with('/') {
        return Err("the uri must start with a slash".into());
    }
    if uri.len() + querystring.len() >= URL_LIMIT {
        return Err("uri and querystring must stay under 8,192 characters".into());
    }
    let unsafe_in = |text: &str, extra: &[u8]| {
        text.bytes()
            .any(|byte| byte <= b' ' || byte == 0x7f || extra.contains(&byte))
    };
    if unsafe_in(uri, b"?#") || unsafe_in(querystring, b"#") {
        return Err("uri or querystring holds a character that no url has".into());
    }
    Ok(())
}

fn check_headers(
    given: &EdgeHeaders,
    returned: &EdgeHeaders,
    read_only: &[&str],
) -> Result<(), String> {
    for name in returned.keys() {
        if disallowed_in_functions(name) && values(given, name) != values(returned, name) {
            return Err(format!("a function may not add the header `{name}`"));
        }
        let mut keys = returned[name].iter().filter_map(|line| line.key.as_ref());
        if keys.any(|key| !key.eq_ignore_ascii_case(name)) {
            return Err(format!("the key of header `{name}` names another header"));
        }
    }
    for name in read_only {
        if values(given, name) != values(returned, name) {
            return Err(format!("the header `{name}` is read-only"));
        }
    }
    from_event(returned)
        .map_err(|name| format!("the header `{name}` is not valid"))
        .map(drop)
}

fn values<'a>(headers: &'a EdgeHeaders, name: &str) -> Vec<&'a str> {
    headers
        .get(name)
        .into_iter()
        .flatten()
        .map(|line| line.value.as_str())
        .collect()
}

fn check_origin(
    origin: &EdgeOrigin,
    given: Option<&EdgeOrigin>,
    request_headers: &EdgeHeaders,
) -> Result<(), String> {
    let host = origin.domain_name();
    if host.is_empty() || host.len() > 253 || host.contains([':', '/', '@', ' ']) {
        return Err("origin.domainName is not a host name".into());
    }
    let path = origin.path();
    if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/') || path.len() > 255) {
        return Err("origin.path must start and must not end with a slash".into());
    }
    if let EdgeOrigin::Custom(custom) = origin
        && !matches!(custom.protocol.as_str(), "http" | "https")
    {
        return Err("origin.protocol must be http or https".into());
    }
    if origin.read_timeout() == 0 {
        return Err("origin.readTimeout must be at least 1".into());
    }
    for (name, lines) in origin.custom_headers() {
        if request_headers.contains_key(name) {
            return Err(format!(
                "`{name}` is both a custom header of the origin and a header of the request"
            ));
        }
        let unchanged = given.is_some_and(|given| given.custom_headers().get(name) == Some(lines));
        for line in lines {
            if !unchanged && let Err(reason) = check_origin_custom_header(name, &line.value) {
                return Err(format!("custom header `{name}`: {reason}"));
            }
        }
    }
    Ok(())
}

/// The bytes a function puts in place of the viewer's body; `None` if it leaves the body alone.
pub(crate) fn replacement(body: &EdgeBody) -> Result<Option<Bytes>, String> {
    match body.action.as_str() {
        "read-only" => Ok(None),
        "replace" => {
            let bytes = decode(&body.data, Some(&body.encoding))?;
            if bytes.len() > GENERATED_LIMIT {
                return Err("the replacing body is longer than 1 MB".into());
            }
            Ok(Some(bytes))
        }
        other => Err(format!("`{other}` is not an action for a body")),
    }
}

fn check_generated(response: &EdgeResponse) -> Result<(), String> {
    check_headers(
        &EdgeHeaders::new(),
        &response.headers,
        &READ_ONLY_AT_ORIGIN_RESPONSE,
    )?;
    check_answer(response)
}

/// Validates what an origin-response function returned against the response it was given.
pub(crate) fn check_response(
    given: &EdgeResponse,
    returned: Value,
) -> Result<EdgeResponse, String> {
    let returned: EdgeResponse = serde_json::from_value(returned)
        .map_err(|cause| format!("the returned response is malformed: {cause}"))?;
    check_returned_response(given, returned)
}

/// As [`check_response`], for a runtime that returns the value itself.
pub(crate) fn check_returned_response(
    given: &EdgeResponse,
    returned: EdgeResponse,
) -> Result<EdgeResponse, String> {
    check_headers(
        &given.headers,
        &returned.headers,
        &READ_ONLY_AT_ORIGIN_RESPONSE,
    )?;
    check_answer(&returned)?;
    Ok(returned)
}

fn check_answer(response: &EdgeResponse) -> Result<(), String> {
    let status = status(response)?;
    let body = generated_body(response)?.unwrap_or_default();
    if !body.is_empty() && matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Err(format!("a {} answer has no body", status.as_u16()));
    }
    let headers: usize = response
        .headers
        .iter()
        .flat_map(|(name, lines)| lines.iter().map(move |l| name.len() + l.value.len() + 4))
        .sum();
    if headers + body.len() > GENERATED_LIMIT {
        return Err("the response is longer than 1 MB".into());
    }
    Ok(())
}

/// The status of a valid response.
pub(crate) fn status(response: &EdgeResponse) -> Result<StatusCode, String> {
    match response.status.parse::<u16>() {
        Ok(code @ 200..=599) if response.status.len() == 3 => {
            StatusCode::from_u16(code).map_err(|cause| cause.to_string())
        }
        _ => Err(format!("`{}` is not a status", response.status)),
    }
}

/// The body of a valid response; `None` if the function did not return one.
pub(crate) fn generated_body(response: &EdgeResponse) -> Result<Option<Bytes>, String> {
    response
        .body
        .as_deref()
        .map(|text| decode(text, response.body_encoding.as_deref()))
        .transpose()
}

fn decode(text: &str, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        None | Some("text") => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some("base64") => STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|_| "the body is not base64".into()),
        Some(other) => Err(format!("`{other}` is not a body encoding")),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
