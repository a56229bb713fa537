//! What an error code of S3 or KMS means: one table for everything that calls them.
//!
//! It reads codes, not transports: a call without an answer is the caller's to classify. Which problem a failure
//! becomes is decided at each boundary.
//!
//! Sources: Amazon S3 API Reference, "Error responses"; AWS KMS API Reference, the operations' "Errors".

/// What a failed call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    // The request.
    /// There is no such object.
    NotFound,
    /// A precondition does not hold.
    PreconditionFailed,
    /// Another write of the same key was under way: try again.
    Conflict,
    /// The content does not have its checksum.
    ChecksumMismatch,
    /// The body ended early.
    BodyIncomplete,
    /// The ciphertext is not one of the key's: damaged, forged, or wrapped by another key.
    CiphertextRefused,

    // The configuration.
    /// A policy denies the action.
    Denied,
    /// A policy denies the use of the key.
    KmsDenied,
    /// The key is disabled, being deleted or gone.
    KmsDisabled,
    /// The signature is not accepted: other secret, other Region, or a changed request.
    SignatureRejected,
    /// The two clocks differ too much.
    ClockSkew,
    /// The session has ended.
    CredentialsExpired,
    /// There is no such bucket, or it is elsewhere.
    BucketMissing,

    // The upstream.
    /// It asks to slow down.
    Throttled,
    /// It could not serve the call; another try may succeed.
    Unavailable,
    /// It gave up waiting.
    Timeout,
}

impl Failure {
    /// What S3's `Code` means; `message` is read where a code alone does not tell. `None` for codes not listed here,
    /// where the status must do.
    #[must_use]
    pub fn of_s3(code: &str, message: &str) -> Option<Self> {
        if let Some(kms) = code.strip_prefix("KMS.") {
            return Self::of_kms(kms);
        }
        match code {
            "AccessDenied" if contains(message, "kms:") => Some(Self::KmsDenied),
            "InvalidRequest" if contains(message, "x-amz-checksum") => Some(Self::ChecksumMismatch),
            _ => meaning(S3_CODES, code),
        }
    }

    /// What KMS's exception means, its name without a namespace (`com.amazonaws.kms#`). `None` for names not listed.
    #[must_use]
    pub fn of_kms(name: &str) -> Option<Self> {
        meaning(KMS_EXCEPTIONS, name)
    }

    /// What KMS's error response means: `kind` is its `__type`, with or without a namespace. `None` for what neither
    /// names nor status explain.
    #[must_use]
    pub fn of_kms_response(kind: &str, status: u16) -> Option<Self> {
        let name = kind.rsplit('#').next().unwrap_or_default();
        Self::of_kms(name).or(match status {
            429 => Some(Self::Throttled),
            500..=599 => Some(Self::Unavailable),
            _ => None,
        })
    }

    /// Whether the same call may succeed a moment later without anyone acting.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable | Self::Timeout)
    }

    /// What a status means where nothing else is known, as after `HEAD`.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            401 | 403 => Self::Denied,
            404 => Self::NotFound,
            412 => Self::PreconditionFailed,
            429 | 503 => Self::Throttled,
            500..=599 => Self::Unavailable,
            _ => return None,
        })
    }
}

/// Whether a service asks to slow down by this code, whichever it is: services of one protocol share the names.
///
/// A service's own names for it, such as KMS's `LimitExceededException`, which elsewhere is a quota that no pause helps,
/// are in the table of that service.
#[must_use]
pub fn asks_to_slow_down(code: &str) -> bool {
    THROTTLING.contains(&code)
}

/// Whether S3 refused a read because the object is encrypted with a customer key (SSE-C) that did not come with the request.
/// `HEAD` is answered 400 without a document then, which this cannot see.
///
/// Source: *Error responses*, `InvalidRequest`; there it is spelt both with and without a hyphen.
#[must_use]
pub fn demands_customer_key(code: &str, message: &str) -> bool {
    code == "InvalidRequest" && contains(message, "stored using a form of Server")
}

/// A table weighs less in an edge module than a `match` of texts.
type Meanings = [(&'static str, Failure)];

#[rustfmt::skip] // One row a code.
const S3_CODES: &Meanings = &[
    ("AccessDenied", Failure::Denied),
    ("AccountProblem", Failure::Denied),
    ("AllAccessDisabled", Failure::Denied),
    // A Region other than the bucket's, or a malformed credential scope.
    ("AuthorizationHeaderMalformed", Failure::SignatureRejected),
    ("BadDigest", Failure::ChecksumMismatch),
    ("ConditionalRequestConflict", Failure::Conflict),
    ("ExpiredToken", Failure::CredentialsExpired),
    ("IncompleteBody", Failure::BodyIncomplete),
    ("InternalError", Failure::Unavailable),
    ("InvalidAccessKeyId", Failure::SignatureRejected),
    ("InvalidDigest", Failure::ChecksumMismatch),
    ("InvalidObjectState", Failure::Denied),
    ("InvalidSecurity", Failure::SignatureRejected),
    ("InvalidToken", Failure::SignatureRejected),
    ("NoSuchBucket", Failure::BucketMissing),
    ("NoSuchKey", Failure::NotFound),
    ("NotFound", Failure::NotFound),
    ("OperationAborted", Failure::Conflict),
    ("PermanentRedirect", Failure::BucketMissing),
    ("PreconditionFailed", Failure::PreconditionFailed),
    ("RequestExpired", Failure::ClockSkew),
    ("RequestTimeTooSkewed", Failure::ClockSkew),
    ("RequestTimeout", Failure::Timeout),
    ("ServiceUnavailable", Failure::Throttled),
    ("SignatureDoesNotMatch", Failure::SignatureRejected),
    ("XAmzContentChecksumMismatch", Failure::ChecksumMismatch),
    ("XAmzContentSHA256Mismatch", Failure::SignatureRejected),
];

#[rustfmt::skip] // One row an exception.
const KMS_EXCEPTIONS: &Meanings = &[
    ("AccessDeniedException", Failure::KmsDenied),
    ("DependencyTimeoutException", Failure::Timeout),
    ("DisabledException", Failure::KmsDisabled),
    ("ExpiredToken", Failure::CredentialsExpired),
    ("ExpiredTokenException", Failure::CredentialsExpired),
    ("IncompleteSignature", Failure::SignatureRejected),
    ("IncompleteSignatureException", Failure::SignatureRejected),
    ("IncorrectKeyException", Failure::CiphertextRefused),
    ("InvalidCiphertextException", Failure::CiphertextRefused),
    ("InvalidClientTokenId", Failure::SignatureRejected),
    ("InvalidSignatureException", Failure::SignatureRejected),
    // S3 passes the state on under two names.
    ("InvalidStateException", Failure::KmsDisabled),
    ("KMSInternalException", Failure::Unavailable),
    ("KMSInvalidStateException", Failure::KmsDisabled),
    ("KeyUnavailableException", Failure::Unavailable),
    ("LimitExceededException", Failure::Throttled),
    ("MissingAuthenticationTokenException", Failure::SignatureRejected),
    ("NotFoundException", Failure::KmsDisabled),
    ("UnrecognizedClientException", Failure::SignatureRejected),
];

/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", the throttling errors.
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

fn meaning(meanings: &Meanings, code: &str) -> Option<Failure> {
    let row = meanings.iter().find(|(listed, _)| *listed == code);
    let named = row.map(|(_, failure)| *failure);
    named.or_else(|| asks_to_slow_down(code).then_some(Failure::Throttled))
}

/// `str::contains` without the standard searcher, which would weigh more than this table in an edge module.
fn contains(text: &str, part: &str) -> bool {
    let mut windows = text.as_bytes().windows(part.len());
    windows.any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_s3_mean_what_the_table_says() {
        for (code, message, meaning) in [
            ("NoSuchKey", "", Some(Failure::NotFound)),
            ("NoSuchBucket", "", Some(Failure::BucketMissing)),
            ("PermanentRedirect", "", Some(Failure::BucketMissing)),
            ("AccessDenied", "Access Denied", Some(Failure::Denied)),
            (
                "AccessDenied",
                "not authorized to perform: kms:Decrypt",
                Some(Failure::KmsDenied),
            ),
            (
                "InvalidRequest",
                "Value for x-amz-checksum-sha256 header is invalid.",
                Some(Failure::ChecksumMismatch),
            ),
            ("InvalidRequest", "other", None),
            (
                "AuthorizationHeaderMalformed",
                "",
                Some(Failure::SignatureRejected),
            ),
            ("RequestTimeTooSkewed", "", Some(Failure::ClockSkew)),
            ("ExpiredToken", "", Some(Failure::CredentialsExpired)),
            ("SlowDown", "", Some(Failure::Throttled)),
            ("KMS.DisabledException", "", Some(Failure::KmsDisabled)),
            ("KMS.NotFoundException", "", Some(Failure::KmsDisabled)),
            (
                "KMS.KMSInvalidStateException",
                "",
                Some(Failure::KmsDisabled),
            ),
            ("KMS.AccessDeniedException", "", Some(Failure::KmsDenied)),
            ("KMS.ThrottlingException", "", Some(Failure::Throttled)),
            ("Teapot", "", None),
            ("", "", None),
        ] {
            assert_eq!(Failure::of_s3(code, message), meaning, "{code} {message}");
        }
    }

    #[test]
    fn what_asks_to_slow_down_is_throttling_for_every_service() {
        for code in THROTTLING {
            assert!(asks_to_slow_down(code));
            assert_eq!(Failure::of_s3(code, ""), Some(Failure::Throttled), "{code}");
            assert_eq!(Failure::of_kms(code), Some(Failure::Throttled), "{code}");
        }
        assert_eq!(
            Failure::of_kms("LimitExceededException"),
            Some(Failure::Throttled)
        );
        for code in [
            "LimitExceededException",
            "ServiceUnavailable",
            "AccessDenied",
            "",
        ] {
            assert!(!asks_to_slow_down(code), "{code}");
        }
    }

    #[test]
    fn exceptions_of_kms_mean_what_the_table_says() {
        for (name, meaning) in [
            (
                "InvalidCiphertextException",
                Some(Failure::CiphertextRefused),
            ),
            ("IncorrectKeyException", Some(Failure::CiphertextRefused)),
            ("AccessDeniedException", Some(Failure::KmsDenied)),
            ("DisabledException", Some(Failure::KmsDisabled)),
            ("DependencyTimeoutException", Some(Failure::Timeout)),
            ("KMSInternalException", Some(Failure::Unavailable)),
            ("ValidationException", None),
        ] {
            assert_eq!(Failure::of_kms(name), meaning, "{name}");
        }
    }

    #[test]
    fn a_response_of_kms_is_read_by_its_name_first_and_its_status_then() {
        for (kind, status, meaning) in [
            ("ns#DisabledException", 400, Some(Failure::KmsDisabled)),
            ("KMSInternalException", 400, Some(Failure::Unavailable)),
            ("", 429, Some(Failure::Throttled)),
            ("Other", 503, Some(Failure::Unavailable)),
            ("ValidationException", 400, None),
            ("", 403, None),
        ] {
            let read = Failure::of_kms_response(kind, status);
            assert_eq!(read, meaning, "{kind} {status}");
        }
    }

    #[test]
    fn only_what_the_upstream_may_recover_from_is_transient() {
        assert!(Failure::Throttled.is_transient());
        assert!(Failure::Timeout.is_transient());
        assert!(Failure::Unavailable.is_transient());
        assert!(!Failure::KmsDisabled.is_transient());
        assert!(!Failure::CredentialsExpired.is_transient());
    }

    #[test]
    fn an_object_under_a_customer_key_is_known_by_the_document() {
        for (code, message, demanded) in [
            (
                "InvalidRequest",
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to \
                 retrieve the object.",
                true,
            ),
            (
                "InvalidRequest",
                "The object was stored using a form of Server-Side Encryption. The correct parameters must be provided to \
                 retrieve the object.",
                true,
            ),
            (
                "InvalidRequest",
                "The encryption parameters are not applicable to this object.",
                false,
            ),
            ("AccessDenied", "Access Denied", false),
        ] {
            assert_eq!(demands_customer_key(code, message), demanded, "{message}");
        }
    }

    #[test]
    fn a_status_alone_means_what_the_table_says() {
        for (status, meaning) in [
            (400, None),
            (401, Some(Failure::Denied)),
            (403, Some(Failure::Denied)),
            (404, Some(Failure::NotFound)),
            (412, Some(Failure::PreconditionFailed)),
            (429, Some(Failure::Throttled)),
            (500, Some(Failure::Unavailable)),
            (503, Some(Failure::Throttled)),
            (599, Some(Failure::Unavailable)),
            (600, None),
        ] {
            assert_eq!(Failure::of_status(status), meaning, "{status}");
        }
    }

    #[test]
    fn a_text_contains_its_parts_and_no_others() {
        assert!(contains("perform: kms:Decrypt", "kms:"));
        assert!(!contains("kms", "kms:"));
        assert!(!contains("", "kms:"));
    }
}
