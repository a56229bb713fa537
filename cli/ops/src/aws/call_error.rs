//! Errors of calls, as people read them.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use keyfront_aws_call::AwsError;

use super::{connections::no_answer, json_service::CallError, no_credentials::no_credentials};

/// An error of a call that no SDK makes, as [`call_error`] writes one.
pub(crate) fn service_error(error: AwsError) -> anyhow::Error {
    CallError::from(error).into()
}

/// An error of a call as one line: what the service said, with its code; else the causes, since the SDK's own
/// `Display` says only "service error".
pub(crate) fn call_error<E>(error: SdkError<E>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match (error.code(), error.message(), error.raw_response()) {
        (Some(code), Some(message), _) => anyhow::anyhow!("{code}: {message}"),
        (Some(code), None, _) => anyhow::anyhow!("{code}"),
        // An answer to HEAD has no body that says more.
        (None, _, Some(answer)) => anyhow::anyhow!("HTTP status {}", answer.status()),
        (None, _, None) => match (no_credentials(&error), no_answer(&error)) {
            (Some(nobody), _) => nobody.into(),
            (None, Some(told)) => anyhow::anyhow!("{told}"),
            (None, None) => anyhow::Error::new(error),
        },
    }
}

/// Whether S3 refused a conditional write because the object is another one by now, or gone.
pub(crate) fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(
        error.code(),
        Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")
    )
}
