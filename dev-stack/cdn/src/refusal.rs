//! The answers CloudFront itself makes when it cannot, or will not, get one from an origin.
//!
//! What a function or an origin answers is not a refusal and never passes through here.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, SERVER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use keyfront_viewers::Denied;
use thiserror::Error;

use super::body::{self, Body};
use super::edge::EdgeFailure;

/// Why the CDN answers by itself. One status and one `X-Cache` each.
#[derive(Debug, Clone, Error)]
pub(super) enum Refusal {
    /// Path and query of 8,192 characters or more.
    #[error("the url is longer than 8,191 characters")]
    UrlTooLong,
    /// More than 32,768 bytes of headers.
    #[error("the headers are longer than 32,768 bytes")]
    HeadersTooLong,
    /// The behaviour does not list the method.
    #[error("the behaviour does not allow the method")]
    MethodNotAllowed,
    /// A GET or HEAD with a body.
    #[error("a GET or HEAD request has a body")]
    BodyNotAllowed,
    /// The request's target is not a path.
    #[error("the request target is not a path")]
    TargetInvalid,
    /// No `Host`, or more than one: two parties could take different ones.
    #[error("the request must name exactly one host")]
    HostInvalid,
    /// The behaviour has trusted keys, and none signed this request.
    #[error("the viewer presents {0}")]
    Unsigned(Denied),
    /// The viewer broke off its body, or framed it so that its end cannot be known.
    #[error("the request's body cannot be read: {0}")]
    BodyInvalid(String),
    /// The origin's host is not in the table of the stack.
    #[error("unknown origin {0}")]
    OriginUnknown(String),
    /// No connection, or one that broke before the answer.
    #[error("the origin did not respond: {0}")]
    OriginUnreachable(String),
    /// No answer within the read timeout.
    #[error("the origin did not respond within {0:?}")]
    OriginTimeout(Duration),
    /// The function failed, or returned what CloudFront does not accept.
    #[error(transparent)]
    Function(#[from] EdgeFailure),
}

impl Refusal {
    /// Whether the origin failed, so that a stale copy is served in place of its answer.
    pub(super) fn is_the_origins(&self) -> bool {
        matches!(self, Self::OriginUnreachable(_) | Self::OriginTimeout(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UrlTooLong | Self::HeadersTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MethodNotAllowed | Self::BodyNotAllowed | Self::Unsigned(_) => {
                StatusCode::FORBIDDEN
            }
            Self::TargetInvalid | Self::HostInvalid | Self::BodyInvalid(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::OriginUnknown(_) | Self::OriginUnreachable(_) => StatusCode::BAD_GATEWAY,
            Self::OriginTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Function(EdgeFailure::Invalid(_)) => StatusCode::BAD_GATEWAY,
            Self::Function(
                EdgeFailure::Crashed | EdgeFailure::Threw(_) | EdgeFailure::TimedOut(_),
            ) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Function(EdgeFailure::Overloaded) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn x_cache(&self) -> &'static str {
        match self {
            Self::UrlTooLong
            | Self::HeadersTooLong
            | Self::MethodNotAllowed
            | Self::BodyNotAllowed
            | Self::TargetInvalid
            | Self::HostInvalid
            | Self::Unsigned(_)
            | Self::BodyInvalid(_)
            | Self::OriginUnknown(_)
            | Self::OriginUnreachable(_)
            | Self::OriginTimeout(_) => "Error from cloudfront",
            Self::Function(EdgeFailure::Invalid(_)) => "LambdaValidationError from cloudfront",
            Self::Function(
                EdgeFailure::Crashed | EdgeFailure::Threw(_) | EdgeFailure::TimedOut(_),
            ) => "LambdaExecutionError from cloudfront",
            Self::Function(EdgeFailure::Overloaded) => "LambdaLimitExceeded from cloudfront",
        }
    }

    /// The answer for the viewer. The reason goes to the log, not to the viewer, as at CloudFront.
    pub(super) fn answer(&self, request_id: &str) -> Response<Body> {
        let status = self.status();
        tracing::warn!(request_id, status = status.as_u16(), reason = %self, "refused");
        let (content_type, page) = match self {
            Self::Unsigned(denied) => ("text/xml", error_document(*denied)),
            _ => ("text/html; charset=utf-8", error_page(status, request_id)),
        };
        let mut headers = HeaderMap::new();
        headers.insert(SERVER, HeaderValue::from_static("CloudFront"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(page.len()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("x-cache", HeaderValue::from_static(self.x_cache()));
        let mut answer = Response::new(body::full(page));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer
    }
}

fn error_page(status: StatusCode, request_id: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<title>{status}</title>\n<h1>{status}</h1>\n\
         <p>The request could not be satisfied.</p>\n\
         <p>Generated by cloudfront (local stand-in). Request id: {request_id}</p>\n"
    )
}

/// What CloudFront says of a signed URL or signed cookies that open nothing.
fn error_document(denied: Denied) -> String {
    let (code, message) = match denied {
        Denied::Missing | Denied::NoKeyId => (
            "MissingKey",
            "Missing Key-Pair-Id query parameter or cookie value",
        ),
        Denied::UnknownKey => ("InvalidKey", "Unknown Key"),
        Denied::Policy | Denied::Encoding => ("MalformedPolicy", "Malformed Policy"),
        Denied::Incomplete
        | Denied::Contradiction
        | Denied::TooLong
        | Denied::Resource
        | Denied::Expired
        | Denied::NotYetValid
        | Denied::Network
        | Denied::Signature => ("AccessDenied", "Access denied"),
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"#
    )
}
