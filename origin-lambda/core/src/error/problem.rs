//! The one mapping from errors to problem types, and what a response may say about an occurrence.

use keyfront_contract::ProblemType;
use keyfront_names::KeyError;

use super::{Error, Fault};
use crate::publisher::Denial;

/// Every problem type that the origin returns, by status.
pub const PROBLEMS: &[ProblemType] = &[
    ProblemType::BODY_INCOMPLETE,
    ProblemType::CHECKSUM_MISMATCH,
    ProblemType::CHECKSUM_REQUIRED,
    ProblemType::HEADER_INVALID,
    ProblemType::KEY_TOO_LONG,
    ProblemType::LIFETIME_REFUSED,
    ProblemType::METADATA_TOO_LARGE,
    ProblemType::PATH_INVALID,
    ProblemType::QUERY_REFUSED,
    ProblemType::SHARE_REFUSED,
    ProblemType::UPLOAD_REFUSED,
    ProblemType::LOGIN_REQUIRED,
    ProblemType::UNAUTHENTICATED,
    ProblemType::CUSTOMER_KEY_REQUIRED,
    ProblemType::FORBIDDEN,
    ProblemType::PUBLISHER_KEY_REQUIRED,
    ProblemType::VIEWER_DENIED,
    ProblemType::NOT_FOUND,
    ProblemType::UPLOAD_UNKNOWN,
    ProblemType::METHOD_NOT_ALLOWED,
    ProblemType::BODY_TIMEOUT,
    ProblemType::RELEASE_CONFLICT,
    ProblemType::RELEASE_INCOMPLETE,
    ProblemType::UPLOAD_INCOMPLETE,
    ProblemType::UPLOAD_MISMATCH,
    ProblemType::WRITE_CONFLICT,
    ProblemType::LENGTH_REQUIRED,
    ProblemType::ALREADY_EXISTS,
    ProblemType::PRECONDITION_FAILED,
    ProblemType::BODY_TOO_LARGE,
    ProblemType::USE_RANGE,
    ProblemType::CONTENT_TYPE_REFUSED,
    ProblemType::RANGE_NOT_SATISFIABLE,
    ProblemType::BUDGET_SPENT,
    ProblemType::BUCKET_MISSING,
    ProblemType::CUSTOMER_KEY_MISSING,
    ProblemType::EVENT_INVALID,
    ProblemType::INTERNAL,
    ProblemType::MASTER_KEY_MISSING,
    ProblemType::POLICY_INVALID,
    ProblemType::POLICY_MISSING,
    ProblemType::RELEASE_LOG_ALTERED,
    ProblemType::CLOCK_SKEW,
    ProblemType::CUSTOMER_KEY_REFUSED,
    ProblemType::ENCRYPTION_MISMATCH,
    ProblemType::ENVELOPE_INVALID,
    ProblemType::ENVELOPE_REFUSED,
    ProblemType::KMS_DENIED,
    ProblemType::KMS_DISABLED,
    ProblemType::ORIGIN_DENIED,
    ProblemType::ORIGIN_FAILED,
    ProblemType::SIGNATURE_REJECTED,
    ProblemType::CREDENTIALS_EXPIRED,
    ProblemType::CREDENTIALS_MISSING,
    ProblemType::CUSTOMER_KEY_UNAVAILABLE,
    ProblemType::ISSUER_UNAVAILABLE,
    ProblemType::ORIGIN_UNAVAILABLE,
    ProblemType::POLICY_UNAVAILABLE,
    ProblemType::THROTTLED,
    ProblemType::ORIGIN_TIMEOUT,
];

impl Error {
    /// What a client sees of the error: code, status, title and whether to retry.
    pub fn problem(&self) -> ProblemType {
        use ProblemType as P;
        match self {
            Self::Key(KeyError::TooLong { .. }) => P::KEY_TOO_LONG,
            Self::Key(_) => P::PATH_INVALID,
            Self::Query(_) => P::QUERY_REFUSED,
            Self::Header { .. } => P::HEADER_INVALID,
            Self::BodyIncomplete => P::BODY_INCOMPLETE,
            Self::Checksum => P::CHECKSUM_MISMATCH,
            Self::NotFound | Self::DoubleSlash | Self::NotSealed => P::NOT_FOUND,
            Self::Method => P::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => P::BODY_TIMEOUT,
            Self::WriteConflict => P::WRITE_CONFLICT,
            Self::LengthRequired { .. } => P::LENGTH_REQUIRED,
            Self::AlreadyExists => P::ALREADY_EXISTS,
            Self::Precondition => P::PRECONDITION_FAILED,
            Self::RangeNotSatisfiable { .. } => P::RANGE_NOT_SATISFIABLE,
            Self::UseRange { .. } => P::USE_RANGE,
            Self::MetadataTooLarge(_) => P::METADATA_TOO_LARGE,
            Self::UploadRefused(_) => P::UPLOAD_REFUSED,
            Self::ChecksumRequired => P::CHECKSUM_REQUIRED,
            Self::LifetimeRefused { .. } => P::LIFETIME_REFUSED,
            Self::ShareRefused(_) => P::SHARE_REFUSED,
            Self::ReleaseConflict(_) => P::RELEASE_CONFLICT,
            Self::ReleaseIncomplete { .. } => P::RELEASE_INCOMPLETE,
            Self::ReleaseLogAltered { .. } => P::RELEASE_LOG_ALTERED,
            Self::UploadUnknown => P::UPLOAD_UNKNOWN,
            Self::UploadIncomplete(_) => P::UPLOAD_INCOMPLETE,
            Self::UploadMismatch(_) => P::UPLOAD_MISMATCH,
            Self::Unauthenticated(_) | Self::JwtRefused(_) => P::UNAUTHENTICATED,
            Self::Denied(denial) => denied(denial),
            Self::BudgetSpent(_) => P::BUDGET_SPENT,
            Self::LoginRequired(_) | Self::ViewerTokenRefused(_) => P::LOGIN_REQUIRED,
            Self::ViewerDenied(_) => P::VIEWER_DENIED,
            Self::LoginsBusy => P::THROTTLED,
            Self::PolicyMissing => P::POLICY_MISSING,
            Self::PolicyInvalid(_) | Self::ViewersPolicyInvalid(_) => P::POLICY_INVALID,
            Self::Event(_) => P::EVENT_INVALID,
            Self::MasterKeyMissing => P::MASTER_KEY_MISSING,
            Self::CustomerKeyRequired => P::CUSTOMER_KEY_REQUIRED,
            Self::PublisherKeyRequired { .. } => P::PUBLISHER_KEY_REQUIRED,
            Self::CustomerKeyMissing(_) => P::CUSTOMER_KEY_MISSING,
            Self::CustomerKeyRefused(_) => P::CUSTOMER_KEY_REFUSED,
            Self::CustomerKeyUnavailable(_) => P::CUSTOMER_KEY_UNAVAILABLE,
            Self::Randomness(_) | Self::Internal => P::INTERNAL,
            Self::EnvelopeRefused(_) => P::ENVELOPE_REFUSED,
            Self::EnvelopeInvalid(_) | Self::DataKeyRefused(_) => P::ENVELOPE_INVALID,
            Self::PolicyUnavailable(_) => P::POLICY_UNAVAILABLE,
            Self::IssuerUnavailable { .. } | Self::CodeNotExchanged { .. } => P::ISSUER_UNAVAILABLE,
            Self::Encryption { .. } => P::ENCRYPTION_MISMATCH,
            Self::Upstream { fault, .. } => fault.problem(),
        }
    }

    /// Seconds after which the same call may succeed, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::BudgetSpent(spent) => Some(spent.retry_after),
            other => other.problem().retry_after.map(u64::from),
        }
    }

    /// What this occurrence may say to the client beyond the title: the caller's own mistakes and
    /// rules, never what an upstream said.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Key(reason) => Some(reason.to_string()),
            Self::Query(_)
            | Self::Header { .. }
            | Self::DoubleSlash
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
            | Self::ChecksumRequired
            | Self::LifetimeRefused { .. }
            | Self::ShareRefused(_)
            | Self::ReleaseConflict(_)
            | Self::ReleaseIncomplete { .. }
            | Self::ReleaseLogAltered { .. }
            | Self::UploadUnknown
            | Self::UploadIncomplete(_)
            | Self::UploadMismatch(_)
            | Self::Unauthenticated(_)
            | Self::JwtRefused(_)
            | Self::LoginRequired(_)
            | Self::LoginsBusy
            | Self::ViewerTokenRefused(_)
            | Self::ViewerDenied(_)
            | Self::BudgetSpent(_)
            | Self::CustomerKeyRequired
            | Self::CustomerKeyRefused(_)
            | Self::PublisherKeyRequired { .. }
            | Self::Denied(_) => Some(self.to_string()),
            Self::NotFound
            | Self::NotSealed
            | Self::Method
            | Self::PolicyMissing
            | Self::PolicyInvalid(_)
            | Self::ViewersPolicyInvalid(_)
            | Self::Event(_)
            | Self::MasterKeyMissing
            | Self::CustomerKeyMissing(_)
            | Self::CustomerKeyUnavailable(_)
            | Self::Randomness(_)
            | Self::Internal
            | Self::EnvelopeRefused(_)
            | Self::EnvelopeInvalid(_)
            | Self::DataKeyRefused(_)
            | Self::PolicyUnavailable(_)
            | Self::IssuerUnavailable { .. }
            | Self::CodeNotExchanged { .. }
            | Self::Encryption { .. }
            | Self::Upstream { .. } => None,
        }
    }
}

fn denied(denial: &Denial) -> ProblemType {
    match denial {
        Denial::TooLarge { .. } | Denial::FileTooLarge { .. } | Denial::ReleaseTooLarge { .. } => {
            ProblemType::BODY_TOO_LARGE
        }
        Denial::ContentType { .. } => ProblemType::CONTENT_TYPE_REFUSED,
        Denial::NoPublisher
        | Denial::NoRule { .. }
        | Denial::Site { .. }
        | Denial::NotForTheLog { .. }
        | Denial::Method { .. }
        | Denial::Overwrite { .. }
        | Denial::Encryption { .. }
        | Denial::Caching { .. } => ProblemType::FORBIDDEN,
    }
}

impl Fault {
    fn problem(self) -> ProblemType {
        match self {
            Self::Denied => ProblemType::ORIGIN_DENIED,
            Self::KmsDenied => ProblemType::KMS_DENIED,
            Self::KmsDisabled => ProblemType::KMS_DISABLED,
            Self::SignatureRejected => ProblemType::SIGNATURE_REJECTED,
            Self::ClockSkew => ProblemType::CLOCK_SKEW,
            Self::BucketMissing => ProblemType::BUCKET_MISSING,
            Self::CredentialsMissing => ProblemType::CREDENTIALS_MISSING,
            Self::CredentialsExpired => ProblemType::CREDENTIALS_EXPIRED,
            Self::Throttled => ProblemType::THROTTLED,
            Self::Unavailable => ProblemType::ORIGIN_UNAVAILABLE,
            Self::Timeout => ProblemType::ORIGIN_TIMEOUT,
            Self::Unexpected => ProblemType::ORIGIN_FAILED,
        }
    }
}
