//! S3's error answers: the ones made before s3s sees a request, and codes s3s does not know.
//!
//! It decides nothing; see [`crate::screen`] and the operations.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use quick_xml::{Writer, events::BytesText};
use s3s::{S3Error, S3ErrorCode};

/// What an XML document of S3 begins with.
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const END: &str = "</Error>";

/// An error answer in S3's XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// S3's error code.
    pub code: &'static str,
    /// The sentence for people, as AWS words it.
    pub message: &'static str,
    /// Elements beyond code and message, such as `HeadersNotSigned`.
    pub details: Vec<(&'static str, String)>,
}

impl Refusal {
    /// Without details.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
            details: Vec::new(),
        }
    }

    /// 400
    #[must_use]
    pub fn bad_request(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403
    #[must_use]
    pub fn forbidden(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// With one more element.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The answer; the request id is added by the server.
    pub fn to_response(&self) -> Response<Bytes> {
        let described = [("Code", self.code), ("Message", self.message)];
        let details = self.details.iter();
        let details = details.map(|(name, value)| (*name, value.as_str()));
        let elements = elements(described.into_iter().chain(details));
        let document = format!("{DECLARATION}<Error>{elements}{END}");
        let mut response = Response::new(Bytes::from(document));
        *response.status_mut() = self.status;
        let xml_type = header::HeaderValue::from_static("application/xml");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, xml_type);
        response
    }
}

/// Elements of texts, as an error document has them.
pub fn elements<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut writer = Writer::new(Vec::new());
    for (name, text) in texts {
        let element = writer.create_element(name);
        element
            .write_text_content(BytesText::new(text))
            .expect("a vector takes every byte");
    }
    String::from_utf8(writer.into_inner()).expect("texts are written as UTF-8")
}

/// The same document with more elements at its end; another body stays as it is.
pub fn extend<'a>(
    document: &str,
    texts: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let open = document.strip_suffix(END)?;
    Some(format!("{open}{}{END}", elements(texts)))
}

/// An [`S3Error`] whose status s3s does not know by its code.
pub fn coded(status: StatusCode, code: &str, message: impl Into<String>) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message.into());
    error.set_status_code(status);
    error
}

/// An [`S3Error`] of a code that s3s knows.
pub fn refused(code: S3ErrorCode, message: impl Into<String>) -> S3Error {
    S3Error::with_message(code, message.into())
}

/// `InvalidArgument` (400).
pub fn invalid_argument(message: impl Into<String>) -> S3Error {
    refused(S3ErrorCode::InvalidArgument, message)
}

/// `NotImplemented` (501): AWS has it, the dev stack does not.
pub fn not_implemented(what: &str) -> S3Error {
    refused(
        S3ErrorCode::NotImplemented,
        format!("The dev stack does not implement {what}."),
    )
}

/// A failure of this machine: logged here once with its causes, answered as `InternalError` (500).
pub fn internal(error: &(dyn std::error::Error + 'static)) -> S3Error {
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
