//! What Lambda's front door answers by itself: the request is refused, or the function gave no answer.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_iam::Denial;
use thiserror::Error;

use super::PAYLOAD_LIMIT;
use super::outcome::InvokeError;

/// Why the function's own answer is not what the caller gets.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The caller requested a host that is no function's.
    #[error("unknown function url {0:?}")]
    UnknownHost(String),
    /// The caller's body, or the event made of it, is larger than Lambda takes.
    #[error("request is larger than {PAYLOAD_LIMIT} bytes as an event")]
    TooLarge,
    /// The caller's body broke off or stalled.
    #[error("request body did not arrive")]
    BodyIncomplete,
    /// The caller is not established; sign for service `lambda`, with the hash of the body.
    #[error("caller is not authenticated")]
    Unauthenticated(#[from] AuthError),
    /// The caller may not invoke; the denial names the rule.
    #[error("caller is not authorised")]
    Denied(#[from] Denial),
    /// The function is at fault; its log says more.
    #[error("function did not answer")]
    Function(#[from] InvokeError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownHost(_) | Self::Unauthenticated(_) | Self::Denied(_) => {
                StatusCode::FORBIDDEN
            }
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::Function(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// Value of `x-amzn-errortype`.
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(error) => error.in_json_protocol().code,
            Self::UnknownHost(_) | Self::Denied(_) => "AccessDeniedException",
            Self::TooLarge => "RequestTooLargeException",
            Self::BodyIncomplete => "BadRequestException",
            Self::Function(_) => "InternalServerErrorException",
        }
    }

    /// The message for the caller. Which policy denied, and how the function failed, is for the log.
    fn message(&self) -> String {
        match self {
            Self::Unauthenticated(error) => error.in_json_protocol().message.unwrap_or_default(),
            Self::UnknownHost(_) | Self::Denied(_) => "Forbidden".to_owned(),
            Self::TooLarge => format!(
                "Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation"
            ),
            Self::BodyIncomplete => "The request body did not arrive.".to_owned(),
            Self::Function(_) => "Internal Server Error".to_owned(),
        }
    }

    /// Logs the refusal and answers it.
    pub(super) fn answer(&self, request_id: &str) -> Response<Body> {
        let (status, code) = (self.status(), self.code());
        let cause = std::error::Error::source(self).map(ToString::to_string);
        if status.is_server_error() {
            tracing::warn!(request_id, code, cause, "function url: {self}");
        } else {
            tracing::info!(request_id, code, cause, "function url: {self}");
        }
        let body = serde_json::json!({ "Message": self.message() }).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert("x-amzn-errortype", HeaderValue::from_static(code));
        response
    }
}
