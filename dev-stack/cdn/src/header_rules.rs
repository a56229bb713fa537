//! CloudFront's rules about header names, in one place: which are hop-by-hop, which it removes, which nobody may add.
//!
//! Names only; what is done with them is decided by the module that asks.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// RFC 9110 section 7.6.1, and the proxies' own.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Never sent on to an origin, whatever a policy says.
const REMOVED_FROM_VIEWERS: [&str; 7] = [
    "expect",
    "host",
    "x-cache",
    "x-forwarded-proto",
    "x-http-method-override",
    "x-real-ip",
    "warning",
];

const RESERVED_PREFIXES: [&str; 4] = ["x-accel-", "x-amz-cf-", "x-amzn-", "x-edge-"];

/// Functions may not add these (the Lambda@Edge developer guide calls them disallowed).
const DISALLOWED_IN_FUNCTIONS: [&str; 11] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Functions must hand these back as they came, at origin-request.
pub(super) const READ_ONLY_AT_ORIGIN_REQUEST: [&str; 9] = [
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "via",
];

/// Functions must hand these back as they came, at origin-response.
pub(super) const READ_ONLY_AT_ORIGIN_RESPONSE: [&str; 2] = ["transfer-encoding", "via"];

fn is_reserved(name: &str) -> bool {
    RESERVED_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether a function that adds this header (lower-case name) is answered 502.
pub(super) fn disallowed_in_functions(name: &str) -> bool {
    DISALLOWED_IN_FUNCTIONS.contains(&name) || is_reserved(name)
}

/// Whether CloudFront removes this header (lower-case name) from every viewer's request.
pub(super) fn removed_from_viewers(name: &str) -> bool {
    REMOVED_FROM_VIEWERS.contains(&name) || name.starts_with("proxy-") || is_reserved(name)
}

/// Removes the hop-by-hop headers and those `Connection` names (RFC 9110 section 7.6.1).
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// CloudFront's limits on the headers it adds for an origin.
pub(super) fn check_origin_custom_header(name: &str, value: &str) -> Result<(), &'static str> {
    const REFUSED: [&str; 12] = [
        "accept-encoding",
        "cache-control",
        "content-length",
        "cookie",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "via",
    ];
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || name.len() > 256 || HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err("not a header name of at most 256 characters");
    }
    if value.len() > 1_783 || HeaderValue::from_str(value).is_err() {
        return Err("not a header value of at most 1,783 characters");
    }
    if REFUSED.contains(&lower.as_str())
        || HOP_BY_HOP.contains(&lower.as_str())
        || lower.starts_with("x-amz-")
        || removed_from_viewers(&lower)
    {
        return Err("CloudFront does not let an origin have this header");
    }
    Ok(())
}

/// `user-agent` as `User-Agent`: how functions see the name of a header.
pub(super) fn title_case(name: &str) -> String {
    let mut at_word_start = true;
    name.chars()
        .map(|c| {
            let shown = if at_word_start {
                c.to_ascii_uppercase()
            } else {
                c
            };
            at_word_start = c == '-';
            shown
        })
        .collect()
}
