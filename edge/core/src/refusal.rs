//! Refusals: every answer the edge gives in place of an object, its stable code, status and shape.
//!
//! One mapping from cause to status, used by requests and responses alike. It does not decide what
//! is refused.

mod problem;

use alloc::string::String;
use core::fmt;

use keyfront_names::KeyError;
use keyfront_sigv4::SigningError;

use self::problem::Problem;
use crate::answer::{Answer, Header};
use crate::site::SiteError;
use crate::text::{append, joined, masked};

/// Why a request gets no object. Grouped by who can change it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    // The viewer.
    /// The path has dot segments, control characters, broken percent sequences or broken UTF-8.
    PathInvalid,
    /// The object key is longer than S3 allows.
    KeyTooLong,
    /// The query names an S3 subresource or a signing parameter, or a listed parameter does not decode.
    QueryRefused,
    /// There is no such object, or none may be shown.
    NotFound,
    /// The method is not served on this route.
    MethodNotAllowed {
        /// Value of the `Allow` header.
        allow: &'static str,
    },
    /// The publish body cannot be hashed at the edge: upload through `POST /uploads`.
    BodyTooLarge,
    /// The object is too large for one answer of the reader: ask for ranges.
    UseRange,

    // The configuration.
    /// Correct the origin custom header `x-keyfront-site`.
    SiteInvalid(#[from] SiteError),
    /// The cache behaviour's origin is not the host this site routes to: correct the origin.
    SiteMisrouted {
        /// Host the site asks for.
        routed: String,
        /// What the CDN would connect to.
        origin: String,
    },
    /// The CDN's event has an unknown shape: deploy the bundle of this version, attached to
    /// origin-request and origin-response only.
    EventInvalid(&'static str),
    /// The host's own values (region, request id, time) cannot be signed; the source says which.
    Unsignable(#[source] SigningError),
    /// The role has no credentials here: check the function's execution role.
    CredentialsMissing,
    /// The session ended before the host renewed it.
    CredentialsExpired,

    // The upstream.
    /// The origin denied the read: check the role's `s3:GetObject` and `kms:Decrypt` and the bucket policy.
    OriginDenied,
    /// The role may not use the object's key: grant `kms:Decrypt`.
    KmsDenied,
    /// The object's key is disabled or pending deletion.
    KmsDisabled,
    /// The object's envelope is of a kind or context this reader must not open: check its settings, or who wrote it.
    EnvelopeRefused,
    /// The object is no envelope, or a damaged or forged one: nothing of it is shown.
    EnvelopeInvalid,
    /// The origin rejected the signature: something between the edge and the bucket changed the request.
    SignatureRejected,
    /// This host's clock is more than the allowed skew from the origin's.
    ClockSkew,
    /// The origin failed or answered with something that is no object.
    OriginFailed,
    /// The origin or the key service asks to slow down.
    Throttled,
}

/// The public face of a refusal.
struct Face {
    status: u16,
    code: &'static str,
    title: &'static str,
}

impl Refusal {
    #[rustfmt::skip] // One row a refusal: this is the table of docs/SEMANTICS.md.
    fn face(&self) -> Face {
        let (status, code, title) = match self {
            Self::PathInvalid => (400, "path-invalid", "the path is not valid"),
            Self::KeyTooLong => (400, "key-too-long", "the path is longer than an object key can be"),
            Self::QueryRefused => (400, "query-refused", "the query is not allowed"),
            Self::NotFound => (404, "not-found", "not found"),
            Self::MethodNotAllowed { .. } => (405, "method-not-allowed", "the method is not allowed"),
            Self::BodyTooLarge => (413, "body-too-large", "the body is too large here; start with POST /uploads"),
            Self::UseRange => (413, "use-range", "the object is too large for one answer; ask for ranges"),
            Self::SiteInvalid(_) => (500, "site-invalid", "the site is misconfigured"),
            Self::SiteMisrouted { .. } => (500, "site-misrouted", "the site is routed to another origin"),
            Self::EventInvalid(_) | Self::Unsignable(_) => (500, "event-invalid", "the edge did not understand the request event"),
            Self::OriginDenied => (502, "origin-denied", "the origin denied the request"),
            Self::KmsDenied => (502, "kms-denied", "the encryption key may not be used"),
            Self::KmsDisabled => (502, "kms-disabled", "the encryption key is disabled"),
            Self::EnvelopeRefused => (502, "envelope-refused", "the object may not be opened here"),
            Self::EnvelopeInvalid => (502, "envelope-invalid", "the object does not open"),
            Self::SignatureRejected => (502, "signature-rejected", "the origin rejected the signature"),
            Self::ClockSkew => (502, "clock-skew", "the edge's clock is skewed"),
            Self::OriginFailed => (502, "origin-failed", "the origin failed"),
            Self::CredentialsMissing => (503, "credentials-missing", "the edge has no credentials"),
            Self::CredentialsExpired => (503, "credentials-expired", "the edge's credentials are expired"),
            Self::Throttled => (503, "throttled", "too many requests at the origin"),
        };
        Face { status, code, title }
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.face().status
    }

    /// The stable code clients and alarms match.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.face().code
    }

    /// The answer: problem details (RFC 9457), never cached, without a body for HEAD.
    #[must_use]
    pub fn answer(&self, request_id: &str, body: BodyOf) -> Answer {
        let face = self.face();
        let problem = Problem {
            title: face.title,
            status: face.status,
            code: Some(face.code),
            request_id,
        };
        let mut answer = problem.answer(body);
        match self {
            Self::MethodNotAllowed { allow } => answer.headers.push(Header::new("allow", *allow)),
            Self::Throttled => answer.headers.push(Header::new("retry-after", "1")),
            _ => {}
        }
        answer
    }

    /// For the operator's log: the code and the chain of causes; never a secret, on one line.
    /// `None` for what only the viewer can change.
    #[must_use]
    pub fn log_line(&self, request_id: &str) -> Option<String> {
        if self.status() < 500 {
            return None;
        }
        let mut line = joined(&["keyfront ", self.code(), " request ", request_id, ": "]);
        self.append_message(&mut line);
        // By type: a `dyn Error` would bring `core::fmt` into the edge modules.
        match self {
            Self::SiteInvalid(error) => {
                append(&mut line, &[": "]);
                error.append_message(&mut line);
                append(&mut line, &error.broken_key_rule());
            }
            Self::Unsignable(error) => {
                append(&mut line, &[": "]);
                append(&mut line, &error.parts());
            }
            _ => {}
        }
        Some(masked(&line, |byte| matches!(byte, b' '..=b'~')))
    }

    /// What `Display` says.
    fn append_message(&self, out: &mut String) {
        append(out, &[self.face().title]);
        match self {
            Self::SiteMisrouted { routed, origin } => {
                append(out, &[": ", routed, ", not ", origin]);
            }
            Self::EventInvalid(why) => append(out, &[": ", why]),
            _ => {}
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = String::new();
        self.append_message(&mut message);
        f.write_str(&message)
    }
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::TooLong { .. } => Self::KeyTooLong,
            // Told like a missing object: what lies there is not the viewer's to know.
            KeyError::Reserved | KeyError::Empty => Self::NotFound,
            KeyError::ControlCharacter { .. }
            | KeyError::DotSegment
            | KeyError::PercentSequence { .. }
            | KeyError::Utf8 { .. } => Self::PathInvalid,
        }
    }
}

/// Whether an answer to this request may carry a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyOf {
    /// Every method but HEAD.
    Allowed,
    /// HEAD.
    Omitted,
}

impl BodyOf {
    /// By method, as written on the wire.
    #[must_use]
    pub fn method(method: &str) -> Self {
        if method == "HEAD" {
            Self::Omitted
        } else {
            Self::Allowed
        }
    }
}

/// The origin's refusal of a precondition or range (412, 416): its status stands, its XML does not.
#[must_use]
pub(crate) fn plain_status(status: u16, title: &str, request_id: &str, body: BodyOf) -> Answer {
    Problem {
        title,
        status,
        code: None,
        request_id,
    }
    .answer(body)
}

#[cfg(test)]
mod tests;
