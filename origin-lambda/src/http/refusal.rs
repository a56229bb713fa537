//! A failure on its way from an extractor or a handler to the middleware, and the problem document it becomes there.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use keyfront_contract::{problem_type::TYPE_PREFIX, route::CHALLENGE};

use super::responses::Problem;
use crate::{error::Error, publisher::Denial};

/// A failure. It leaves a handler as an extension of an empty response.
#[derive(Debug, Clone)]
pub(super) struct Refusal(Arc<Error>);

impl Refusal {
    /// What failed.
    pub(super) fn error(&self) -> &Error {
        &self.0
    }

    /// Writes the problem document (RFC 9457) of the request with this id.
    pub(super) fn render(&self, id: &str, response: &mut Response) {
        let error = self.error();
        let problem = error.problem();
        let document = Problem {
            kind: format!("{TYPE_PREFIX}{}", problem.code),
            title: problem.title,
            status: problem.status,
            code: problem.code,
            detail: error.detail(),
            objects: match error {
                Error::ReleaseIncomplete { objects, .. } => objects.clone(),
                _ => Vec::new(),
            },
            request_id: id.to_owned(),
        };
        // Strings and a number: writing JSON cannot fail for them.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = error.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Error::RangeNotSatisfiable { length } = error
            && let Ok(size) = HeaderValue::try_from(format!("bytes */{length}"))
        {
            headers.insert(CONTENT_RANGE, size);
        }
        if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Error::from(denial).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        // Every status of the table is one of HTTP's.
        *response.status_mut() = StatusCode::from_u16(self.0.problem().status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}
