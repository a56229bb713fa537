//! S3's error answers: the ones made before s3s sees a request, and codes s3s does not know.
//!
//! It decides nothing; see [`super::screen`] and the operations.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use s3s::{S3Error, S3ErrorCode};

/// An error answer in S3's XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    /// Elements beyond code and message, such as `HeadersNotSigned`.
    pub(crate) details: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
            details: Vec::new(),
        }
    }

    pub(crate) fn bad_request(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn forbidden(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The answer; the request id is added by the server.
    pub(crate) fn to_response(&self) -> Response<Bytes> {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
            self.code,
            quick_xml::escape::escape(self.message),
        );
        for (name, value) in &self.details {
            let value = quick_xml::escape::escape(value.as_str());
            xml.push_str(&format!("<{name}>{value}</{name}>"));
        }
        xml.push_str("</Error>");
        let mut response = Response::new(Bytes::from(xml));
        *response.status_mut() = self.status;
        let xml_type = header::HeaderValue::from_static("application/xml");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, xml_type);
        response
    }
}

/// An [`S3Error`] whose status s3s does not know by its code.
pub(crate) fn coded(status: StatusCode, code: &str, message: impl Into<String>) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message.into());
    error.set_status_code(status);
    error
}

/// An [`S3Error`] of a code that s3s knows.
pub(crate) fn refused(code: S3ErrorCode, message: impl Into<String>) -> S3Error {
    S3Error::with_message(code, message.into())
}

/// `InvalidArgument` (400).
pub(crate) fn invalid_argument(message: impl Into<String>) -> S3Error {
    refused(S3ErrorCode::InvalidArgument, message)
}

/// `NotImplemented` (501): AWS has it, the dev stack does not.
pub(crate) fn not_implemented(what: &str) -> S3Error {
    refused(
        S3ErrorCode::NotImplemented,
        format!("The dev stack does not implement {what}."),
    )
}

/// A failure of this machine: logged here once with its causes, told as `InternalError` (500).
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> S3Error {
    let mut causes = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        next = cause.source();
    }
    tracing::error!(%causes, "s3 failed");
    refused(
        S3ErrorCode::InternalError,
        "We encountered an internal error. Please try again.",
    )
}
