//! Which of a viewer's request headers reach which origin.
//!
//! It sees names only; what the edge writes itself is set over them.

use keyfront_contract::{Route, header};

/// Request headers that pass to the bucket and the reader; everything else of the viewer's stays at the edge.
/// They hold what CloudFront forbids to remove, besides ranges and conditions.
const READ_HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
];

/// Request headers that stay behind on the publish route, besides `x-amz-*`, `x-keyfront-*` and `proxy-*`.
const PUBLISH_HEADERS_DROPPED: [&str; 9] = [
    "authorization",
    "connection",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "x-real-ip",
];

/// Prefixes of names that stay behind on the publish route.
const PUBLISH_PREFIXES_DROPPED: [&str; 3] = ["x-amz-", header::PREFIX, "proxy-"];

/// Whether a viewer's header (lower-case name) passes to this origin unchanged and unsigned.
#[must_use]
pub fn keeps_request_header(route: Route, name: &str) -> bool {
    match route {
        Route::Bucket | Route::Reader => READ_HEADERS.contains(&name),
        Route::Publish => {
            let has_prefix = |prefix: &&str| name.starts_with(prefix);
            !PUBLISH_PREFIXES_DROPPED.iter().any(has_prefix)
                && !PUBLISH_HEADERS_DROPPED.contains(&name)
        }
    }
}
