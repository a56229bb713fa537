//! Why KMS did not serve a call, and which key it was about.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use keyfront_contract::Failure;

use crate::aws::call_error;

/// A call to KMS that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum KmsFault {
    /// A policy denies it, perhaps for this object's encryption context alone.
    #[error(
        "KMS denies {action} with key {key}: allow it for the caller of this command, in the key's policy or by IAM"
    )]
    Denied { action: &'static str, key: String },
    /// Nobody can use the key.
    #[error(
        "key {key} is disabled, being deleted or gone ({code}): enable it until everything is re-wrapped, or leave it \
         out of --from"
    )]
    Unusable { key: String, code: String },
    /// No usable response, after all attempts.
    #[error("{action} with key {key} failed in KMS")]
    Failed {
        action: &'static str,
        key: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl KmsFault {
    /// Reads a failed call; `None`: the ciphertext is at fault, being another key's, damaged, or of another context.
    pub(super) fn of<E>(action: &'static str, key: &str, error: SdkError<E>) -> Option<Self>
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let code = error.code().unwrap_or_default().to_owned();
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let key = key.to_owned();
        match Failure::of_kms_response(&code, status.unwrap_or_default()) {
            Some(Failure::CiphertextRefused) => None,
            Some(Failure::KmsDenied | Failure::Denied) => Some(Self::Denied { action, key }),
            Some(Failure::KmsDisabled) => Some(Self::Unusable { key, code }),
            _ => Some(Self::Failed {
                action,
                key,
                source: call_error(error).into(),
            }),
        }
    }
}
