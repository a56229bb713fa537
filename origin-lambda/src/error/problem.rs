//! The one mapping from errors to HTTP, and what an answer may tell about them.

use http::StatusCode;
use keyfront_names::KeyError;

use super::{Error, Fault};
use crate::publisher::Denial;

/// The client's view of an [`Error`]: stable `code`, one status and title for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable, machine-readable code; `urn:keyfront:CODE` is the problem type.
    pub code: &'static str,
    /// Short, human-readable, the same for every occurrence of the code.
    pub title: &'static str,
    /// Seconds after which a retry makes sense.
    pub retry_after: Option<u32>,
}

impl Problem {
    const fn of(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            retry_after: None,
        }
    }

    const fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

impl Error {
    /// The one mapping to HTTP.
    pub fn problem(&self) -> Problem {
        use StatusCode as S;
        let of = Problem::of;
        match self {
            Self::Key(KeyError::TooLong { .. }) => {
                of(S::BAD_REQUEST, "key-too-long", "The object key is too long")
            }
            Self::Key(_) => of(
                S::BAD_REQUEST,
                "path-invalid",
                "The path is not a legal object key",
            ),
            Self::Query(_) => of(S::BAD_REQUEST, "query-refused", "The query is refused"),
            Self::Header { .. } => of(
                S::BAD_REQUEST,
                "header-invalid",
                "A request header is refused",
            ),
            Self::BodyIncomplete => of(
                S::BAD_REQUEST,
                "body-incomplete",
                "The body is not complete",
            ),
            Self::Checksum => of(
                S::BAD_REQUEST,
                "checksum-mismatch",
                "The checksum does not match",
            ),
            Self::NotFound | Self::NotSealed => of(S::NOT_FOUND, "not-found", "Nothing is here"),
            Self::Method => of(
                S::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The method is not allowed",
            ),
            Self::BodyTimeout => of(
                S::REQUEST_TIMEOUT,
                "body-timeout",
                "The body stopped arriving",
            ),
            Self::WriteConflict => {
                of(S::CONFLICT, "write-conflict", "Another write was under way").retry_after(1)
            }
            Self::LengthRequired { .. } => of(
                S::LENGTH_REQUIRED,
                "length-required",
                "The body needs a Content-Length",
            ),
            Self::AlreadyExists => of(
                S::PRECONDITION_FAILED,
                "already-exists",
                "An object with this key exists",
            ),
            Self::Precondition => of(
                S::PRECONDITION_FAILED,
                "precondition-failed",
                "The precondition does not hold",
            ),
            Self::RangeNotSatisfiable { .. } => of(
                S::RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                "The range lies outside the content",
            ),
            Self::UseRange { .. } => of(
                S::PAYLOAD_TOO_LARGE,
                "use-range",
                "The answer is too large; ask for ranges",
            ),
            Self::MetadataTooLarge(_) => of(
                S::BAD_REQUEST,
                "metadata-too-large",
                "The metadata does not fit",
            ),
            Self::UploadRefused(_) => of(
                S::BAD_REQUEST,
                "upload-refused",
                "The upload cannot be done this way",
            ),
            Self::UploadUnknown => of(
                S::NOT_FOUND,
                "upload-unknown",
                "No such upload is under way",
            ),
            Self::UploadIncomplete(_) => of(
                S::CONFLICT,
                "upload-incomplete",
                "The upload is not complete",
            ),
            Self::UploadMismatch(_) => of(
                S::CONFLICT,
                "upload-mismatch",
                "The upload is not the authorised one",
            ),
            Self::Unauthenticated(_) | Self::JwtRefused(_) => of(
                S::UNAUTHORIZED,
                "unauthenticated",
                "A publisher's token is required",
            ),
            Self::Denied(denial) => Self::denied(denial),
            Self::PolicyMissing => of(
                S::INTERNAL_SERVER_ERROR,
                "policy-missing",
                "No publishers' policy is deployed",
            ),
            Self::PolicyInvalid(_) => of(
                S::INTERNAL_SERVER_ERROR,
                "policy-invalid",
                "The publishers' policy is not valid",
            ),
            Self::Event(_) => of(
                S::INTERNAL_SERVER_ERROR,
                "event-invalid",
                "The event cannot be understood",
            ),
            Self::MasterKeyMissing => of(
                S::INTERNAL_SERVER_ERROR,
                "master-key-missing",
                "No master key is configured",
            ),
            Self::Randomness(_) | Self::Internal => {
                of(S::INTERNAL_SERVER_ERROR, "internal", "The request failed")
            }
            Self::EnvelopeRefused(_) => of(
                S::BAD_GATEWAY,
                "envelope-refused",
                "The object's envelope is refused",
            ),
            Self::EnvelopeInvalid(_) | Self::DataKeyRefused(_) => of(
                S::BAD_GATEWAY,
                "envelope-invalid",
                "The object's envelope is not valid",
            ),
            Self::PolicyUnavailable(_) => of(
                S::SERVICE_UNAVAILABLE,
                "policy-unavailable",
                "The publishers' policy cannot be read",
            )
            .retry_after(5),
            Self::IssuerUnavailable { .. } => of(
                S::SERVICE_UNAVAILABLE,
                "issuer-unavailable",
                "The issuer's keys cannot be read",
            )
            .retry_after(10),
            Self::Encryption { .. } => of(
                S::BAD_GATEWAY,
                "encryption-mismatch",
                "The store did not apply the encryption",
            ),
            Self::Upstream { fault, .. } => fault.problem(),
        }
    }

    fn denied(denial: &Denial) -> Problem {
        use StatusCode as S;
        match denial {
            Denial::TooLarge { .. } => Problem::of(
                S::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is too large",
            ),
            Denial::ContentType { .. } => Problem::of(
                S::UNSUPPORTED_MEDIA_TYPE,
                "content-type-refused",
                "The content type is not allowed",
            ),
            Denial::NoPublisher
            | Denial::NoRule { .. }
            | Denial::Method { .. }
            | Denial::Overwrite { .. }
            | Denial::Encryption { .. } => Problem::of(
                S::FORBIDDEN,
                "forbidden",
                "The publisher's rules do not allow this",
            ),
        }
    }

    /// What this occurrence may tell the client beyond the title: the caller's own mistakes and
    /// rules, never what an upstream said.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Key(reason) => Some(reason.to_string()),
            Self::Query(_)
            | Self::Header { .. }
            | Self::BodyIncomplete
            | Self::Checksum
            | Self::BodyTimeout
            | Self::WriteConflict
            | Self::LengthRequired { .. }
            | Self::AlreadyExists
            | Self::Precondition
            | Self::RangeNotSatisfiable { .. }
            | Self::UseRange { .. }
            | Self::MetadataTooLarge(_)
            | Self::UploadRefused(_)
            | Self::UploadUnknown
            | Self::UploadIncomplete(_)
            | Self::UploadMismatch(_)
            | Self::Unauthenticated(_)
            | Self::JwtRefused(_)
            | Self::Denied(_) => Some(self.to_string()),
            Self::NotFound
            | Self::NotSealed
            | Self::Method
            | Self::PolicyMissing
            | Self::PolicyInvalid(_)
            | Self::Event(_)
            | Self::MasterKeyMissing
            | Self::Randomness(_)
            | Self::Internal
            | Self::EnvelopeRefused(_)
            | Self::EnvelopeInvalid(_)
            | Self::DataKeyRefused(_)
            | Self::PolicyUnavailable(_)
            | Self::IssuerUnavailable { .. }
            | Self::Encryption { .. }
            | Self::Upstream { .. } => None,
        }
    }
}

impl Fault {
    fn problem(self) -> Problem {
        use StatusCode as S;
        let of = Problem::of;
        match self {
            Self::Denied => of(
                S::BAD_GATEWAY,
                "origin-denied",
                "The store refused the origin",
            ),
            Self::KmsDenied => of(S::BAD_GATEWAY, "kms-denied", "The key refused the origin"),
            Self::KmsDisabled => of(
                S::BAD_GATEWAY,
                "kms-disabled",
                "The encryption key is disabled",
            ),
            Self::SignatureRejected => of(
                S::BAD_GATEWAY,
                "signature-rejected",
                "The store rejected the signature",
            ),
            Self::ClockSkew => of(S::BAD_GATEWAY, "clock-skew", "The origin's clock is wrong"),
            Self::BucketMissing => of(
                S::INTERNAL_SERVER_ERROR,
                "bucket-missing",
                "The bucket cannot be found",
            ),
            Self::CredentialsMissing => of(
                S::SERVICE_UNAVAILABLE,
                "credentials-missing",
                "The origin has no credentials",
            )
            .retry_after(5),
            Self::CredentialsExpired => of(
                S::SERVICE_UNAVAILABLE,
                "credentials-expired",
                "The origin's session has expired",
            )
            .retry_after(5),
            Self::Throttled => of(
                S::SERVICE_UNAVAILABLE,
                "throttled",
                "The store asks to slow down",
            )
            .retry_after(2),
            Self::Unavailable => of(
                S::SERVICE_UNAVAILABLE,
                "origin-unavailable",
                "The store is not available",
            )
            .retry_after(2),
            Self::Timeout => of(
                S::GATEWAY_TIMEOUT,
                "origin-timeout",
                "The store did not answer in time",
            ),
            Self::Unexpected => of(S::BAD_GATEWAY, "origin-failed", "The store failed"),
        }
    }
}
