//! Refusals: every answer the edge gives in place of an object.
//!
//! One mapping from cause to problem type, used by requests and responses alike. It does not decide what
//! is refused.

mod body_of;
mod problem;

use alloc::string::String;
use core::fmt;

use keyfront_contract::{ProblemType, route::CHALLENGE};
use keyfront_names::KeyError;
use keyfront_sigv4::SigningError;

use self::problem::Problem;
use crate::answer::Answer;
use crate::header::Header;
use crate::site::SiteError;
use crate::text::{append, append_decimal, joined, masked};

pub use self::body_of::BodyOf;

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
    /// The bucket does not read a conditional header in the form the viewer wrote it.
    HeaderInvalid,
    /// `If-Match` names no entity tag, so nothing matches it.
    PreconditionFailed,
    /// The object is encrypted with a customer key (SSE-C): it is read through the reader only.
    CustomerKeyRequired,
    /// The publishers' API was called without a credential.
    Unauthenticated,
    /// The object is protected, and the request carries no signature, or one that is over.
    LoginRequired,
    /// The object is protected, and the viewer is not admitted to it, or not on this way.
    ViewerDenied,
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
    /// The site's pointer cannot be read: check the role's `s3:GetObject` on it, and whether a release was ever activated.
    ReleaseUnknown,
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

impl Refusal {
    /// The row of the table all sides share: status, code, title, and how long to wait.
    #[must_use]
    pub fn problem_type(&self) -> &'static ProblemType {
        match self {
            Self::PathInvalid => &ProblemType::PATH_INVALID,
            Self::KeyTooLong => &ProblemType::KEY_TOO_LONG,
            Self::QueryRefused => &ProblemType::QUERY_REFUSED,
            Self::NotFound => &ProblemType::NOT_FOUND,
            Self::HeaderInvalid => &ProblemType::HEADER_INVALID,
            Self::PreconditionFailed => &ProblemType::PRECONDITION_FAILED,
            Self::CustomerKeyRequired => &ProblemType::CUSTOMER_KEY_REQUIRED,
            Self::Unauthenticated => &ProblemType::UNAUTHENTICATED,
            Self::LoginRequired => &ProblemType::LOGIN_REQUIRED,
            Self::ViewerDenied => &ProblemType::VIEWER_DENIED,
            Self::MethodNotAllowed { .. } => &ProblemType::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => &ProblemType::BODY_TOO_LARGE,
            Self::UseRange => &ProblemType::USE_RANGE,
            Self::SiteInvalid(_) => &ProblemType::SITE_INVALID,
            Self::SiteMisrouted { .. } => &ProblemType::SITE_MISROUTED,
            Self::EventInvalid(_) | Self::Unsignable(_) => &ProblemType::EVENT_INVALID,
            Self::OriginDenied => &ProblemType::ORIGIN_DENIED,
            Self::KmsDenied => &ProblemType::KMS_DENIED,
            Self::KmsDisabled => &ProblemType::KMS_DISABLED,
            Self::EnvelopeRefused => &ProblemType::ENVELOPE_REFUSED,
            Self::EnvelopeInvalid => &ProblemType::ENVELOPE_INVALID,
            Self::SignatureRejected => &ProblemType::SIGNATURE_REJECTED,
            Self::ClockSkew => &ProblemType::CLOCK_SKEW,
            Self::OriginFailed => &ProblemType::ORIGIN_FAILED,
            Self::CredentialsMissing => &ProblemType::CREDENTIALS_MISSING,
            Self::CredentialsExpired => &ProblemType::CREDENTIALS_EXPIRED,
            Self::ReleaseUnknown => &ProblemType::RELEASE_UNKNOWN,
            Self::Throttled => &ProblemType::THROTTLED,
        }
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.problem_type().status
    }

    /// The stable code clients and alarms match.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem_type().code
    }

    /// The answer: problem details (RFC 9457), never cached, without a body for HEAD.
    #[must_use]
    pub fn answer(&self, request_id: &str, body: BodyOf) -> Answer {
        let ProblemType {
            code,
            status,
            title,
            retry_after,
        } = *self.problem_type();
        let problem = Problem {
            title,
            status,
            code: Some(code),
            request_id,
        };
        let mut answer = problem.answer(body);
        if let Self::MethodNotAllowed { allow } = self {
            answer.headers.push(Header::new("allow", *allow));
        }
        if let Self::Unauthenticated | Self::LoginRequired = self {
            answer
                .headers
                .push(Header::new("www-authenticate", CHALLENGE));
        }
        if let Some(seconds) = retry_after {
            let mut text = String::new();
            append_decimal(&mut text, seconds);
            answer.headers.push(Header::new("retry-after", text));
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
        append(out, &[self.problem_type().title]);
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
            // Answered like a missing object: what lies there is not the viewer's to know.
            KeyError::Reserved | KeyError::Empty => Self::NotFound,
            KeyError::ControlCharacter { .. }
            | KeyError::DotSegment
            | KeyError::PercentSequence { .. }
            | KeyError::Utf8 { .. } => Self::PathInvalid,
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
