//! What travels between viewer and origin: the headers and the query CloudFront sends on, and what it takes off answers.
//!
//! Pure. Does not decide about caching, and does not see what functions change afterwards.

use std::net::IpAddr;

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT, VIA,
};
use http::{Method, Version};

use super::distribution::{AcceptEncoding, Behaviour, ForwardHeaders, ForwardQuery};
use super::header_rules::{removed_from_viewers, strip_hop_by_hop};

const ALWAYS_SENT_ON: [&str; 6] = [
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
];

const DESCRIBE_THE_BODY: [&str; 5] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
];

const S3_INTERNALS: [&str; 2] = ["x-amz-id-2", "x-amz-request-id"];

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The viewer, as far as the headers of a request depend on who sends it.
pub(super) struct Viewer<'a> {
    pub(super) method: &'a Method,
    pub(super) version: Version,
    pub(super) ip: IpAddr,
    pub(super) headers: &'a HeaderMap,
}

/// The headers of the request to the origin, before any function saw them. `Host` is the caller's to add.
pub(super) fn origin_request_headers(
    viewer: &Viewer<'_>,
    behaviour: &Behaviour,
    cdn_name: &str,
) -> HeaderMap {
    let mut incoming = viewer.headers.clone();
    strip_hop_by_hop(&mut incoming);
    let mut headers = HeaderMap::new();
    for (name, value) in &incoming {
        if is_sent_on(name, viewer.method, behaviour) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(codings) = accepted_codings(viewer.headers, behaviour) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(codings));
    }
    if !is_in_key(behaviour, USER_AGENT.as_str()) {
        headers.insert(USER_AGENT, HeaderValue::from_static("Amazon CloudFront"));
    }
    append_to_list(
        &incoming,
        &mut headers,
        X_FORWARDED_FOR,
        &viewer.ip.to_string(),
    );
    append_to_list(&incoming, &mut headers, VIA, &via(viewer.version, cdn_name));
    headers
}

/// The viewer's `Accept-Encoding` as it is in the cache key and reaches the origin; `None` where it does neither.
pub(super) fn accepted_codings(headers: &HeaderMap, behaviour: &Behaviour) -> Option<&'static str> {
    if behaviour.cache.accept_encoding == AcceptEncoding::Removed {
        return None;
    }
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let items: Vec<&str> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let accepts = |coding: &str| {
        items.iter().any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().trim_start_matches("q=");
            name.trim().eq_ignore_ascii_case(coding) && weight.parse() != Ok(0.0_f64)
        })
    };
    match (accepts("br"), accepts("gzip")) {
        (true, true) => Some("br,gzip"),
        (true, false) => Some("br"),
        (false, true) => Some("gzip"),
        (false, false) => None,
    }
}

fn is_sent_on(name: &HeaderName, method: &Method, behaviour: &Behaviour) -> bool {
    let name = name.as_str();
    let overridden = || {
        behaviour
            .origin
            .custom_headers
            .iter()
            .any(|(custom, _)| custom.eq_ignore_ascii_case(name))
    };
    if removed_from_viewers(name) || overridden() {
        return false;
    }
    if is_in_key(behaviour, name) || ALWAYS_SENT_ON.contains(&name) {
        return true;
    }
    if name == "accept-encoding" {
        return false;
    }
    let carries_body = !matches!(*method, Method::GET | Method::HEAD);
    if carries_body && DESCRIBE_THE_BODY.contains(&name) {
        return true;
    }
    match &behaviour.forward.headers {
        ForwardHeaders::CacheKeyOnly => false,
        // CloudFront accepts `Authorization` in a cache policy, not in an origin request policy's list.
        ForwardHeaders::Listed(names) => {
            names.iter().any(|listed| listed == name)
                && (carries_body || name != AUTHORIZATION.as_str())
        }
        ForwardHeaders::AllExceptHost => true,
    }
}

fn is_in_key(behaviour: &Behaviour, name: &str) -> bool {
    behaviour.cache.headers.iter().any(|listed| listed == name)
}

/// Continues a comma-separated list the viewer's side began.
fn append_to_list(from: &HeaderMap, to: &mut HeaderMap, name: HeaderName, item: &str) {
    let mut list = Vec::new();
    for value in from.get_all(&name) {
        list.extend_from_slice(value.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(item.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&list) {
        to.insert(name, value);
    }
}

/// One entry of `Via` for a message received with this version (RFC 9110 section 7.6.3).
pub(super) fn via(version: Version, cdn_name: &str) -> String {
    let number = match version {
        Version::HTTP_2 => "2.0",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    };
    format!("{number} {cdn_name} (CloudFront)")
}

/// The query that goes to the origin, in the viewer's order and spelling; `None` if nothing is left.
pub(super) fn origin_query(raw_query: Option<&str>, behaviour: &Behaviour) -> Option<String> {
    match behaviour.forward.query {
        ForwardQuery::All => raw_query.map(str::to_owned),
        ForwardQuery::CacheKeyOnly => key_query(raw_query, behaviour),
    }
}

/// The query that is part of the cache key.
pub(super) fn key_query(raw_query: Option<&str>, behaviour: &Behaviour) -> Option<String> {
    let listed: Vec<&str> = raw_query?
        .split('&')
        .filter(|parameter| {
            let name = parameter.split('=').next().unwrap_or(parameter);
            behaviour.cache.query.iter().any(|listed| listed == name)
        })
        .collect();
    (!listed.is_empty()).then(|| listed.join("&"))
}

/// Takes off an origin's answer what CloudFront takes off.
pub(super) fn strip_origin_answer(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
    for name in S3_INTERNALS {
        headers.remove(name);
    }
}
