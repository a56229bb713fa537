//! CORS for the routes that web pages call. Any origin may: a request proves itself by its bearer
//! token, which no browser sends on its own, and cookies play no part.

use std::sync::LazyLock;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    },
};
use keyfront_contract::header::REQUEST_ID;

/// The headers of a response that pages may read.
static EXPOSED: LazyLock<HeaderValue> = LazyLock::new(|| {
    let names = format!("etag, {REQUEST_ID}, retry-after");
    HeaderValue::try_from(names).unwrap_or(HeaderValue::from_static("etag"))
});

/// Responds to a preflight.
pub(super) async fn preflight() -> (StatusCode, HeaderMap) {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (StatusCode::NO_CONTENT, headers.into_iter().collect())
}

/// Lets pages read the response, refusals included.
pub(super) async fn share(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
    response
}
