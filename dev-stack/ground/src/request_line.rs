//! One line for each request that a listener answers, for whoever runs the stack. How it looks is the program's.

use std::time::Instant;

use http::{Method, Request, Response};

/// The target of these lines.
pub const TARGET: &str = "keyfront::requests";

/// A request that is being answered.
pub(crate) struct RequestLine {
    service: &'static str,
    method: Method,
    path: String,
    started: Instant,
}

impl RequestLine {
    /// The path is all that is told of the target: queries hold signatures.
    pub(crate) fn begin<B>(service: &'static str, request: &Request<B>) -> Self {
        Self {
            service,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            started: Instant::now(),
        }
    }

    pub(crate) fn answered<B>(self, response: &Response<B>) {
        let cache = response.headers().get("x-cache");
        let cache = cache.and_then(|value| value.to_str().ok());
        let cache = cache.and_then(|text| text.split(' ').next());
        tracing::info!(
            target: TARGET,
            service = self.service,
            method = self.method.as_str(),
            path = self.path.as_str(),
            status = response.status().as_u16(),
            cache = cache.unwrap_or_default(),
            millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        );
    }
}
