//! Reads the SDK's errors: what a failed call to KMS means for the origin and its operator.
//!
//! What KMS's own error codes mean is [`Failure`]'s.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use keyfront_contract::Failure;

use crate::{
    call_failure,
    error::{Error, Fault},
    store::unsent,
};

/// Classifies a failed call.
pub(super) fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let fault = match unsent(&error) {
        Some(fault) => Some(fault),
        None => {
            let status = error.raw_response().map(|answer| answer.status().as_u16());
            classify(error.code(), status)
        }
    };
    let source = call_failure::source(error);
    match fault {
        None => Error::DataKeyRefused(source),
        Some(fault) => Error::Upstream {
            operation,
            fault,
            source,
        },
    }
}

/// Classifies a response; `None`: the ciphertext is at fault, not KMS.
fn classify(code: Option<&str>, status: Option<u16>) -> Option<Fault> {
    let meaning = Failure::of_kms_response(code.unwrap_or_default(), status.unwrap_or_default());
    Some(match meaning {
        Some(Failure::CiphertextRefused) => return None,
        Some(Failure::KmsDenied) => Fault::KmsDenied,
        Some(Failure::KmsDisabled) => Fault::KmsDisabled,
        Some(Failure::SignatureRejected) => Fault::SignatureRejected,
        Some(Failure::CredentialsExpired) => Fault::CredentialsExpired,
        Some(Failure::Throttled) => Fault::Throttled,
        Some(Failure::Unavailable) => Fault::Unavailable,
        Some(Failure::Timeout) => Fault::Timeout,
        // KMS has no objects, buckets, bodies or policies of a bucket.
        Some(
            Failure::NotFound
            | Failure::PreconditionFailed
            | Failure::Conflict
            | Failure::ChecksumMismatch
            | Failure::BodyIncomplete
            | Failure::Denied
            | Failure::ClockSkew
            | Failure::BucketMissing,
        )
        | None => Fault::Unexpected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_kms_mean_what_the_table_says() {
        for (code, status, fault) in [
            ("InvalidCiphertextException", 400, None),
            ("IncorrectKeyException", 400, None),
            ("AccessDeniedException", 400, Some(Fault::KmsDenied)),
            ("DisabledException", 400, Some(Fault::KmsDisabled)),
            ("KMSInvalidStateException", 400, Some(Fault::KmsDisabled)),
            ("NotFoundException", 400, Some(Fault::KmsDisabled)),
            ("ThrottlingException", 400, Some(Fault::Throttled)),
            ("KeyUnavailableException", 500, Some(Fault::Unavailable)),
            ("DependencyTimeoutException", 500, Some(Fault::Timeout)),
            ("KMSInternalException", 500, Some(Fault::Unavailable)),
            (
                "ExpiredTokenException",
                400,
                Some(Fault::CredentialsExpired),
            ),
            (
                "InvalidSignatureException",
                400,
                Some(Fault::SignatureRejected),
            ),
            ("", 429, Some(Fault::Throttled)),
            ("", 503, Some(Fault::Unavailable)),
            ("ValidationException", 400, Some(Fault::Unexpected)),
        ] {
            assert_eq!(classify(Some(code), Some(status)), fault, "{code} {status}");
        }
    }
}
