//! Reads the AWS SDK's errors: what a failed call to S3 means for the origin and its operator.
//!
//! What S3's codes mean is [`keyfront_contract::Failure`]'s.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};

use keyfront_contract::{Failure, upstream::demands_customer_key};

use crate::{
    call_failure,
    error::{Error, Fault},
};

/// Classifies a failed call.
pub(super) fn of<E>(operation: &'static str, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let meaning = match unsent(&error) {
        Some(fault) => Meaning::Fault(fault),
        None => meaning(
            status(&error).unwrap_or(0),
            error.code(),
            error.message().unwrap_or_default(),
        ),
    };
    match meaning {
        Meaning::NotFound => Error::NotFound,
        Meaning::Precondition => Error::Precondition,
        Meaning::Conflict => Error::WriteConflict,
        Meaning::Checksum => Error::Checksum,
        Meaning::BodyIncomplete => Error::BodyIncomplete,
        Meaning::CustomerKeyRequired => Error::CustomerKeyRequired,
        Meaning::Fault(fault) => Error::Upstream {
            operation,
            fault,
            source: call_failure::source(error),
        },
    }
}

/// Whether a `HEAD` failed as it does for what is under a customer key, for an ended session, and for more: 400, without a
/// document that tells them apart.
pub(super) fn is_unexplained<E>(error: &SdkError<E, HttpResponse>) -> bool {
    status(error) == Some(400)
}

/// Whether there is no such version: S3 has other codes for an id that it never gave and for one that is gone.
pub(super) fn is_no_version<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error.code(), Some("NoSuchVersion" | "InvalidArgument"))
}

/// Classifies a failed write under a customer key: what no policy denies, the bucket's encryption does.
pub(super) fn of_write_under_customer_key<E>(operation: &'static str, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let by_policy = error
        .message()
        .is_some_and(|message| message.contains("not authorized to perform"));
    match error.code() {
        Some("AccessDenied") if !by_policy => {
            Error::CustomerKeyRefused(call_failure::source(error))
        }
        _ => of(operation, error),
    }
}

/// What it means that a call got no response that could be read; `None` if it got one.
pub(crate) fn unsent<E>(error: &SdkError<E, HttpResponse>) -> Option<Fault>
where
    E: std::error::Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Some(credentials_or(error, Fault::Unexpected)),
        SdkError::TimeoutError(_) => Some(Fault::Timeout),
        SdkError::DispatchFailure(failure) => {
            let connector = failure.as_connector_error();
            let timeout = connector.is_some_and(ConnectorError::is_timeout);
            let fault = if timeout {
                Fault::Timeout
            } else {
                Fault::Unavailable
            };
            Some(credentials_or(error, fault))
        }
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => None,
        _ => Some(Fault::Unexpected),
    }
}

/// The status of S3's response, if there is one.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    NotFound,
    Precondition,
    Conflict,
    Checksum,
    BodyIncomplete,
    CustomerKeyRequired,
    Fault(Fault),
}

/// What a response means by its code, and by its status where it has no body (HEAD) or an unknown code.
fn meaning(status: u16, code: Option<&str>, message: &str) -> Meaning {
    if code.is_some_and(|code| demands_customer_key(code, message)) {
        return Meaning::CustomerKeyRequired;
    }
    let by_code = code.and_then(|code| Failure::of_s3(code, message));
    match by_code.or_else(|| Failure::of_status(status)) {
        None => Meaning::Fault(Fault::Unexpected),
        Some(Failure::NotFound) => Meaning::NotFound,
        Some(Failure::PreconditionFailed) => Meaning::Precondition,
        Some(Failure::Conflict) => Meaning::Conflict,
        Some(Failure::ChecksumMismatch) => Meaning::Checksum,
        Some(Failure::BodyIncomplete) => Meaning::BodyIncomplete,
        // S3 decrypts with keys it keeps itself: a ciphertext of theirs is not a client's doing.
        Some(Failure::CiphertextRefused) => Meaning::Fault(Fault::Unexpected),
        Some(Failure::Denied) => Meaning::Fault(Fault::Denied),
        Some(Failure::KmsDenied) => Meaning::Fault(Fault::KmsDenied),
        Some(Failure::KmsDisabled) => Meaning::Fault(Fault::KmsDisabled),
        Some(Failure::SignatureRejected) => Meaning::Fault(Fault::SignatureRejected),
        Some(Failure::ClockSkew) => Meaning::Fault(Fault::ClockSkew),
        Some(Failure::CredentialsExpired) => Meaning::Fault(Fault::CredentialsExpired),
        Some(Failure::BucketMissing) => Meaning::Fault(Fault::BucketMissing),
        Some(Failure::Throttled) => Meaning::Fault(Fault::Throttled),
        Some(Failure::Unavailable) => Meaning::Fault(Fault::Unavailable),
        Some(Failure::Timeout) => Meaning::Fault(Fault::Timeout),
    }
}

/// The SDK reports missing credentials only in the chain of sources.
fn credentials_or(error: &(dyn std::error::Error + 'static), otherwise: Fault) -> Fault {
    use aws_credential_types::provider::error::CredentialsError;
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<CredentialsError>() {
            return Fault::CredentialsMissing;
        }
        cause = error.source();
    }
    otherwise
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "one table")]
    fn answers_of_s3_are_classified_as_the_table_says() {
        let fault = Meaning::Fault;
        for (status, code, message, expected) in [
            (404, Some("NoSuchKey"), "", Meaning::NotFound),
            (404, None, "", Meaning::NotFound),
            (404, Some("NoSuchBucket"), "", fault(Fault::BucketMissing)),
            (
                301,
                Some("PermanentRedirect"),
                "",
                fault(Fault::BucketMissing),
            ),
            (412, Some("PreconditionFailed"), "", Meaning::Precondition),
            (412, None, "", Meaning::Precondition),
            (
                409,
                Some("ConditionalRequestConflict"),
                "",
                Meaning::Conflict,
            ),
            (400, Some("BadDigest"), "", Meaning::Checksum),
            (
                400,
                Some("InvalidRequest"),
                "Value for x-amz-checksum-sha256 header is invalid.",
                Meaning::Checksum,
            ),
            (
                400,
                Some("InvalidRequest"),
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided",
                Meaning::CustomerKeyRequired,
            ),
            (
                400,
                Some("InvalidRequest"),
                "other",
                fault(Fault::Unexpected),
            ),
            (400, Some("IncompleteBody"), "", Meaning::BodyIncomplete),
            (
                403,
                Some("AccessDenied"),
                "Access Denied",
                fault(Fault::Denied),
            ),
            (
                403,
                Some("AccessDenied"),
                "User: arn:aws:sts::1:assumed-role/o/s is not authorized to perform: kms:GenerateDataKey",
                fault(Fault::KmsDenied),
            ),
            (403, None, "", fault(Fault::Denied)),
            (
                403,
                Some("InvalidAccessKeyId"),
                "",
                fault(Fault::SignatureRejected),
            ),
            (
                403,
                Some("SignatureDoesNotMatch"),
                "",
                fault(Fault::SignatureRejected),
            ),
            (
                403,
                Some("RequestTimeTooSkewed"),
                "",
                fault(Fault::ClockSkew),
            ),
            (
                400,
                Some("ExpiredToken"),
                "",
                fault(Fault::CredentialsExpired),
            ),
            (
                400,
                Some("KMS.DisabledException"),
                "",
                fault(Fault::KmsDisabled),
            ),
            (
                400,
                Some("KMS.KMSInvalidStateException"),
                "",
                fault(Fault::KmsDisabled),
            ),
            (
                400,
                Some("KMS.NotFoundException"),
                "",
                fault(Fault::KmsDisabled),
            ),
            (
                403,
                Some("KMS.AccessDeniedException"),
                "",
                fault(Fault::KmsDenied),
            ),
            (
                503,
                Some("KMS.ThrottlingException"),
                "",
                fault(Fault::Throttled),
            ),
            (503, Some("SlowDown"), "", fault(Fault::Throttled)),
            (503, None, "", fault(Fault::Throttled)),
            (500, Some("InternalError"), "", fault(Fault::Unavailable)),
            (400, Some("RequestTimeout"), "", fault(Fault::Timeout)),
            (418, Some("Teapot"), "", fault(Fault::Unexpected)),
        ] {
            assert_eq!(
                meaning(status, code, message),
                expected,
                "{status} {code:?} {message}"
            );
        }
    }
}
