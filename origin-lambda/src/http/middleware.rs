//! What every request passes on its way in and out: a request id, one log line, metrics, and failures
//! that become problem documents.
//!
//! A panic ends here as well: it becomes a 500 and costs one request.

use std::{fmt, panic::AssertUnwindSafe, time::Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt as _;
use http::{
    HeaderName, HeaderValue, Method,
    header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
};
use http_body::Body as _;
use keyfront_contract as contract;
use tracing::{Instrument as _, field, info_span};

use super::refusal::Refusal;
use crate::{
    error::Error,
    operate::{self, Meter, Observation},
    publisher::Session,
};

const REQUEST_ID: HeaderName = HeaderName::from_static(contract::header::REQUEST_ID);

/// The id of one request, in its response and in every log line about it.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// The outermost layer. A request that carries an error was refused before it could be routed.
pub(super) async fn respond(mut request: Request, next: Next) -> Response {
    let fresh = || RequestId(uuid::Uuid::new_v4().to_string());
    let RequestId(id) = request.extensions().get().cloned().unwrap_or_else(fresh);
    let method = request.method().clone();
    let started = Instant::now();
    // The pattern, not the path: that holds upload tokens, and names that are nobody's business in a log.
    let route = request.extensions().get().map(MatchedPath::as_str);
    let span = info_span!(
        "request",
        request_id = %id,
        method = %method,
        route = route.unwrap_or("none"),
        publisher = field::Empty,
        credential = field::Empty,
        subject = field::Empty,
    );
    let metered = Metered::of(&request);
    let handled = async {
        match request.extensions_mut().remove::<Refusal>() {
            Some(refusal) => refusal.into_response(),
            None => AssertUnwindSafe(next.run(request).instrument(span.clone()))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Refusal::from(Error::Internal).into_response()),
        }
    };
    let (mut response, throttles) = operate::counted(handled).await;
    span.in_scope(|| log(&response, started));
    let refusal = response.extensions_mut().remove::<Refusal>();
    if let Some(refusal) = &refusal {
        refusal.render(&id, &mut response);
    }
    if let Some(Metered {
        meter,
        route,
        bytes_in,
    }) = metered
    {
        meter.note(&Observation {
            request_id: &id,
            route: route.as_ref().map(MatchedPath::as_str),
            code: refusal.map(|refusal| refusal.error().problem().code),
            bytes_in,
            bytes_out: response.body().size_hint().lower(),
            latency: started.elapsed(),
            throttles,
        });
    }
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    mark(&mut response, id);
    response
}

/// Writes the headers that every response has.
fn mark(response: &mut Response, id: String) {
    let headers = response.headers_mut();
    // Only the reader's content may be kept; it says so itself.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// What is counted of a request, kept before the handlers consume it.
struct Metered {
    meter: Meter,
    route: Option<MatchedPath>,
    bytes_in: u64,
}

impl Metered {
    /// `None` where nobody reads metrics: natively.
    fn of(request: &Request) -> Option<Self> {
        Some(Self {
            meter: request.extensions().get::<Meter>()?.clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            bytes_in: request.body().size_hint().lower(),
        })
    }
}

/// Names the publisher in the request's log line.
pub(super) fn note_publisher(session: &Session) {
    let span = tracing::Span::current();
    span.record("publisher", session.publisher().id.as_str());
    span.record("credential", session.credential());
    if let Some(person) = session.person() {
        span.record("subject", person.subject.as_str());
    }
}

fn log(response: &Response, started: Instant) {
    let status = response.status().as_u16();
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match response.extensions().get::<Refusal>() {
        None => tracing::info!(status, millis, "answered"),
        Some(refusal) => {
            let error = refusal.error();
            let (code, cause) = (error.problem().code, Chain(error));
            if status < 500 {
                tracing::info!(status, code, millis, %cause, "refused");
            } else {
                tracing::error!(status, code, millis, %cause, "failed");
            }
        }
    }
}

/// An error and its sources in one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware, routing::get};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_request() {
        let router = Router::new()
            .route("/bad", get(async || -> StatusCode { panic!("on purpose") }))
            .route("/good", get(|| async { "good" }))
            .layer(middleware::from_fn(respond));
        let send = |path| Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(send("/bad")).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(router.oneshot(send("/good")).await.unwrap().status(), 200);
    }
}
