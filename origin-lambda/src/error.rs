//! Everything the publishers' API can answer instead of success, and the one mapping from it to HTTP.
//!
//! It does not render or log anything: [`crate::http`] writes the problem document and logs the
//! source chain, once.

use http::StatusCode;
use keyfront_object_key::KeyError;

use crate::publisher::{Denial, PolicyError};

/// A failure's original cause, kept for the operator's log and never shown to a client.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not fulfilled. Variants are grouped by who is at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // --- the caller's request; the operator does nothing ---
    /// The path does not decode to a legal object key.
    #[error("the path is not a legal object key")]
    Key(#[source] KeyError),
    /// A query parameter is unknown, repeated or malformed.
    #[error("the query is refused: {0}")]
    Query(String),
    /// A request header is malformed, contradictory or asks for what is not offered.
    #[error("the header {name} is refused: {reason}")]
    Header {
        /// Lower-case header name.
        name: &'static str,
        /// What the caller should change.
        reason: String,
    },
    /// The body ended before, or went on after, its declared length.
    #[error("the body does not have the declared length")]
    BodyIncomplete,
    /// The body does not match the checksum sent with it.
    #[error("the body does not match the checksum sent with it")]
    Checksum,
    /// No such object, or no such route.
    #[error("nothing is here")]
    NotFound,
    /// The route exists, the method does not.
    #[error("the method is not allowed here")]
    Method,
    /// The client stopped sending.
    #[error("the body stopped arriving")]
    BodyTimeout,
    /// Another writer was storing the same key; the caller may retry.
    #[error("another write to this key was under way")]
    WriteConflict,
    /// A body without a declared length is larger than what is buffered.
    #[error("a body over {limit} bytes needs a content-length")]
    LengthRequired {
        /// Bytes buffered at most.
        limit: u64,
    },
    /// The key is taken and overwriting was not asked for.
    #[error("an object with this key exists")]
    AlreadyExists,
    /// The object is not the one `If-Match` names.
    #[error("the object is not the one if-match names")]
    Precondition,

    // --- the publisher's identity and rules; the operator edits the publishers' policy ---
    /// No usable credential came with the request.
    #[error("not authenticated: {0}")]
    Unauthenticated(&'static str),
    /// The publisher is known and its rules do not allow this.
    #[error(transparent)]
    Denied(#[from] Denial),

    // --- configuration; the operator repairs the deployment ---
    /// The bucket holds no publishers' policy: write `.keyfront/publishers.json`.
    #[error("the bucket holds no publishers' policy")]
    PolicyMissing,
    /// The publishers' policy does not parse: repair the document. Nothing is allowed until then.
    #[error("the publishers' policy is not valid")]
    PolicyInvalid(#[source] PolicyError),
    /// The event is not a Function URL event: the function is invoked by something else.
    #[error("the event is not a usable function url event: {0}")]
    Event(&'static str),
    /// A defect in this program; the log has the panic.
    #[error("the request handler failed")]
    Internal,

    // --- upstream ---
    /// The publishers' policy cannot be read just now and the last good one is too old.
    #[error("the publishers' policy cannot be read")]
    PolicyUnavailable(#[source] Source),
    /// S3 stored the object with another encryption than asked for; it was deleted again.
    #[error("the object was stored with {applied} instead of the configured key")]
    Encryption {
        /// SSE type and key as S3 answered them; for the log only.
        applied: String,
    },
    /// A call to S3 failed.
    #[error("s3 {operation} failed: {fault:?}")]
    Upstream {
        /// S3 operation name.
        operation: &'static str,
        /// What the failure means.
        fault: Fault,
        /// The SDK's error.
        #[source]
        source: Source,
    },
}

/// What a failed call to S3 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// S3 refused the origin's role: check its policy and the bucket policy.
    Denied,
    /// KMS refused the origin's role: grant kms:GenerateDataKey and kms:Decrypt.
    KmsDenied,
    /// The key is disabled, pending deletion or gone: enable it again.
    KmsDisabled,
    /// S3 does not accept the origin's signature or access key.
    SignatureRejected,
    /// The clocks of the origin and of S3 differ by more than S3 tolerates.
    ClockSkew,
    /// The bucket does not exist, or lives in another Region.
    BucketMissing,
    /// The origin has no credentials.
    CredentialsMissing,
    /// The origin's session has expired.
    CredentialsExpired,
    /// S3 or KMS asks to slow down.
    Throttled,
    /// S3 cannot be reached or answers with a server error.
    Unavailable,
    /// S3 did not answer in time.
    Timeout,
    /// An answer that fits nothing above; the log has it.
    Unexpected,
}

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
            Self::NotFound => of(S::NOT_FOUND, "not-found", "Nothing is here"),
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
            Self::Unauthenticated(_) => of(
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
            Self::Internal => of(S::INTERNAL_SERVER_ERROR, "internal", "The request failed"),
            Self::PolicyUnavailable(_) => of(
                S::SERVICE_UNAVAILABLE,
                "policy-unavailable",
                "The publishers' policy cannot be read",
            )
            .retry_after(5),
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
            Denial::NoRule { .. } | Denial::Method { .. } | Denial::Overwrite { .. } => {
                Problem::of(
                    S::FORBIDDEN,
                    "forbidden",
                    "The publisher's rules do not allow this",
                )
            }
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
            | Self::Unauthenticated(_)
            | Self::Denied(_) => Some(self.to_string()),
            Self::NotFound
            | Self::Method
            | Self::PolicyMissing
            | Self::PolicyInvalid(_)
            | Self::Event(_)
            | Self::Internal
            | Self::PolicyUnavailable(_)
            | Self::Encryption { .. }
            | Self::Upstream { .. } => None,
        }
    }

    /// Whether the same call may succeed a moment later without anyone acting.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Upstream {
                fault: Fault::Throttled | Fault::Unavailable | Fault::Timeout,
                ..
            }
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(fault: Fault) -> Error {
        Error::Upstream {
            operation: "PutObject",
            fault,
            source: "arn:aws:secret".into(),
        }
    }

    #[test]
    fn every_error_has_its_status_and_code() {
        let denial = |denial| Error::Denied(denial);
        let prefix = || crate::publisher::Prefix::try_from("a/".to_owned()).unwrap();
        let header = Error::Header {
            name: "x",
            reason: String::new(),
        };
        for (error, status, code) in [
            (Error::Key(KeyError::DotSegment), 400, "path-invalid"),
            (Error::Key(KeyError::Reserved), 400, "path-invalid"),
            (
                Error::Key(KeyError::TooLong { bytes: 1025 }),
                400,
                "key-too-long",
            ),
            (Error::Query(String::new()), 400, "query-refused"),
            (header, 400, "header-invalid"),
            (Error::BodyIncomplete, 400, "body-incomplete"),
            (Error::Checksum, 400, "checksum-mismatch"),
            (Error::Unauthenticated(""), 401, "unauthenticated"),
            (
                denial(Denial::NoRule {
                    publisher: String::new(),
                }),
                403,
                "forbidden",
            ),
            (
                denial(Denial::Method {
                    prefix: prefix(),
                    method: crate::publisher::Method::Put,
                }),
                403,
                "forbidden",
            ),
            (
                denial(Denial::Overwrite { prefix: prefix() }),
                403,
                "forbidden",
            ),
            (Error::NotFound, 404, "not-found"),
            (Error::Method, 405, "method-not-allowed"),
            (Error::BodyTimeout, 408, "body-timeout"),
            (Error::WriteConflict, 409, "write-conflict"),
            (Error::LengthRequired { limit: 1 }, 411, "length-required"),
            (Error::AlreadyExists, 412, "already-exists"),
            (Error::Precondition, 412, "precondition-failed"),
            (
                denial(Denial::TooLarge {
                    prefix: prefix(),
                    limit: 1,
                }),
                413,
                "body-too-large",
            ),
            (
                denial(Denial::ContentType {
                    prefix: prefix(),
                    essence: String::new(),
                }),
                415,
                "content-type-refused",
            ),
            (Error::PolicyMissing, 500, "policy-missing"),
            (
                Error::PolicyInvalid(PolicyError::TooLarge),
                500,
                "policy-invalid",
            ),
            (Error::Event(""), 500, "event-invalid"),
            (Error::Internal, 500, "internal"),
            (upstream(Fault::BucketMissing), 500, "bucket-missing"),
            (upstream(Fault::Denied), 502, "origin-denied"),
            (upstream(Fault::KmsDenied), 502, "kms-denied"),
            (upstream(Fault::KmsDisabled), 502, "kms-disabled"),
            (
                upstream(Fault::SignatureRejected),
                502,
                "signature-rejected",
            ),
            (upstream(Fault::ClockSkew), 502, "clock-skew"),
            (upstream(Fault::Unexpected), 502, "origin-failed"),
            (
                Error::Encryption {
                    applied: String::new(),
                },
                502,
                "encryption-mismatch",
            ),
            (
                upstream(Fault::CredentialsMissing),
                503,
                "credentials-missing",
            ),
            (
                upstream(Fault::CredentialsExpired),
                503,
                "credentials-expired",
            ),
            (upstream(Fault::Throttled), 503, "throttled"),
            (upstream(Fault::Unavailable), 503, "origin-unavailable"),
            (
                Error::PolicyUnavailable("".into()),
                503,
                "policy-unavailable",
            ),
            (upstream(Fault::Timeout), 504, "origin-timeout"),
        ] {
            let problem = error.problem();
            assert_eq!(
                (problem.status.as_u16(), problem.code),
                (status, code),
                "{error:?}"
            );
            assert_eq!(
                problem.retry_after.is_some(),
                status == 503 || status == 409,
                "{error:?}"
            );
        }
    }

    #[test]
    fn upstream_texts_are_never_a_detail() {
        assert_eq!(upstream(Fault::Denied).detail(), None);
        assert_eq!(
            Error::Encryption {
                applied: "arn:aws:kms".to_owned()
            }
            .detail(),
            None
        );
        assert_eq!(Error::PolicyInvalid(PolicyError::TooLarge).detail(), None);
    }
}
