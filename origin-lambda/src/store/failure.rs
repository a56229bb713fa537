//! Reads the AWS SDK's errors: what a failed call to S3 means for the origin and its operator.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};

use crate::error::{Error, Fault};

/// Classifies a failed call.
pub(super) fn of<E>(operation: &'static str, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let verdict = match unsent(&error) {
        Some(fault) => Verdict::Fault(fault),
        None => judge(
            status(&error).unwrap_or(0),
            error.code(),
            error.message().unwrap_or_default(),
        ),
    };
    match verdict {
        Verdict::NotFound => Error::NotFound,
        Verdict::Precondition => Error::Precondition,
        Verdict::Conflict => Error::WriteConflict,
        Verdict::Checksum => Error::Checksum,
        Verdict::BodyIncomplete => Error::BodyIncomplete,
        Verdict::Fault(fault) => Error::Upstream {
            operation,
            fault,
            source: Box::new(error),
        },
    }
}

/// What it means that a call got no answer that could be judged; `None` if it got one.
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

/// The status S3 answered with, if it answered.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    NotFound,
    Precondition,
    Conflict,
    Checksum,
    BodyIncomplete,
    Fault(Fault),
}

/// Judges an answer by its code, and by its status where the answer has no body (HEAD).
fn judge(status: u16, code: Option<&str>, message: &str) -> Verdict {
    let fault = Verdict::Fault;
    match (code, status) {
        (Some("NoSuchKey" | "NotFound"), _) => Verdict::NotFound,
        (Some("NoSuchBucket" | "PermanentRedirect" | "AuthorizationHeaderMalformed"), _) => {
            fault(Fault::BucketMissing)
        }
        (Some("PreconditionFailed"), _) => Verdict::Precondition,
        (Some("ConditionalRequestConflict" | "OperationAborted"), _) => Verdict::Conflict,
        (Some("BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch"), _) => {
            Verdict::Checksum
        }
        (Some("InvalidRequest"), 400) if message.contains("x-amz-checksum") => Verdict::Checksum,
        (Some("IncompleteBody"), _) => Verdict::BodyIncomplete,
        (Some("SlowDown" | "RequestLimitExceeded" | "ThrottlingException" | "Throttling"), _) => {
            fault(Fault::Throttled)
        }
        (Some("ExpiredToken"), _) => fault(Fault::CredentialsExpired),
        (Some("SignatureDoesNotMatch" | "InvalidAccessKeyId" | "InvalidToken"), _) => {
            fault(Fault::SignatureRejected)
        }
        (Some("RequestTimeTooSkewed"), _) => fault(Fault::ClockSkew),
        (Some("RequestTimeout"), _) => fault(Fault::Timeout),
        (Some(code), _) if code.to_ascii_uppercase().starts_with("KMS.") => fault(kms(code)),
        (Some("AccessDenied"), _) if message.contains("kms:") => fault(Fault::KmsDenied),
        (Some("AccessDenied"), _) | (_, 401 | 403) => fault(Fault::Denied),
        (_, 404) => Verdict::NotFound,
        (_, 412) => Verdict::Precondition,
        (_, 429 | 503) => fault(Fault::Throttled),
        (_, 500..=599) => fault(Fault::Unavailable),
        _ => fault(Fault::Unexpected),
    }
}

fn kms(code: &str) -> Fault {
    if code.contains("Throttling") || code.contains("LimitExceeded") {
        Fault::Throttled
    } else if code.contains("AccessDenied") {
        Fault::KmsDenied
    } else if code.contains("Disabled")
        || code.contains("InvalidState")
        || code.contains("NotFound")
    {
        Fault::KmsDisabled
    } else if code.contains("Timeout") || code.contains("Unavailable") || code.contains("Internal")
    {
        Fault::Unavailable
    } else {
        Fault::Unexpected
    }
}

/// The SDK tells missing credentials only in the chain of sources.
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
    fn answers_of_s3_are_judged_as_the_table_says() {
        let fault = Verdict::Fault;
        for (status, code, message, verdict) in [
            (404, Some("NoSuchKey"), "", Verdict::NotFound),
            (404, None, "", Verdict::NotFound),
            (404, Some("NoSuchBucket"), "", fault(Fault::BucketMissing)),
            (
                301,
                Some("PermanentRedirect"),
                "",
                fault(Fault::BucketMissing),
            ),
            (412, Some("PreconditionFailed"), "", Verdict::Precondition),
            (412, None, "", Verdict::Precondition),
            (
                409,
                Some("ConditionalRequestConflict"),
                "",
                Verdict::Conflict,
            ),
            (400, Some("BadDigest"), "", Verdict::Checksum),
            (
                400,
                Some("InvalidRequest"),
                "Value for x-amz-checksum-sha256 header is invalid.",
                Verdict::Checksum,
            ),
            (
                400,
                Some("InvalidRequest"),
                "other",
                fault(Fault::Unexpected),
            ),
            (400, Some("IncompleteBody"), "", Verdict::BodyIncomplete),
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
                judge(status, code, message),
                verdict,
                "{status} {code:?} {message}"
            );
        }
    }
}
