//! A failure on its way from an extractor or a handler to the middleware that renders it.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::{error::Error, publisher::Denial};

/// A failure. It leaves a handler as an extension of an empty response.
#[derive(Debug, Clone)]
pub(super) struct Refusal(Arc<Error>);

impl Refusal {
    /// What failed.
    pub(super) fn error(&self) -> &Error {
        &self.0
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
