//! Reads the SDK's errors: what a failed call to KMS means for the origin and its operator.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::{
    error::{Error, Fault},
    store::unsent,
};

/// Classifies a failed call.
pub(super) fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let verdict = match unsent(&error) {
        Some(fault) => Some(fault),
        None => {
            let status = error.raw_response().map(|answer| answer.status().as_u16());
            judge(error.code(), status)
        }
    };
    let source = Box::new(error);
    match verdict {
        None => Error::DataKeyRefused(source),
        Some(fault) => Error::Upstream {
            operation,
            fault,
            source,
        },
    }
}

/// Judges an answer; `None`: the ciphertext is at fault, not KMS.
fn judge(code: Option<&str>, status: Option<u16>) -> Option<Fault> {
    Some(match (code.unwrap_or_default(), status) {
        ("InvalidCiphertextException" | "IncorrectKeyException", _) => return None,
        ("AccessDeniedException", _) => Fault::KmsDenied,
        ("DisabledException" | "KMSInvalidStateException" | "NotFoundException", _) => {
            Fault::KmsDisabled
        }
        ("ThrottlingException" | "LimitExceededException", _) => Fault::Throttled,
        ("DependencyTimeoutException", _) => Fault::Timeout,
        ("KeyUnavailableException" | "KMSInternalException", _) => Fault::Unavailable,
        ("ExpiredTokenException" | "ExpiredToken", _) => Fault::CredentialsExpired,
        (
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationTokenException",
            _,
        ) => Fault::SignatureRejected,
        (_, Some(429)) => Fault::Throttled,
        (_, Some(500..=599)) => Fault::Unavailable,
        _ => Fault::Unexpected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_kms_are_judged_as_the_table_says() {
        for (code, status, verdict) in [
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
            assert_eq!(judge(Some(code), Some(status)), verdict, "{code} {status}");
        }
    }
}
