//! Every way a KMS call fails, with AWS's code for it.

use thiserror::Error;

use crate::request_auth::AuthError;
use crate::state::StateError;
use keyfront_iam::Denial;

/// A refused or failed KMS call.
#[derive(Debug, Error)]
pub enum KmsError {
    // --- who the caller is ---
    /// The request is not signed, or signed wrongly.
    #[error("request is not authenticated")]
    Unauthenticated(#[from] AuthError),
    /// The caller's or the key's policies do not allow the call.
    #[error(transparent)]
    AccessDenied(#[from] Denial),

    // --- what the caller asks ---
    /// The operation does not exist or is not offered here; docs/dev-stack.md lists what is.
    #[error("operation {0:?} is not supported")]
    UnknownOperation(String),
    /// The body is not the JSON the operation takes, or uses a member that is not supported here.
    #[error("request body is not understood")]
    Malformed(#[source] serde_json::Error),
    /// A value is outside its limits; the text says which.
    #[error("{0}")]
    Validation(String),
    /// No such key or alias; the text names it as it was given.
    #[error("key or alias {0:?} does not exist")]
    NotFound(String),
    /// An ARN that is not one of a KMS key or alias.
    #[error("arn {0:?} is invalid")]
    InvalidArn(String),
    /// An alias without the prefix `alias/`, with forbidden characters, or reserved for AWS.
    #[error("alias name {0:?} is invalid")]
    InvalidAliasName(String),
    /// The alias exists.
    #[error("alias {0:?} exists already")]
    AlreadyExists(String),
    /// The ciphertext, or its encryption context, is not what was encrypted.
    #[error("ciphertext does not decrypt")]
    InvalidCiphertext,
    /// The ciphertext was made by another key than the one named.
    #[error("ciphertext belongs to another key")]
    IncorrectKey,
    /// The key policy is not understood, or would lock out whoever sets it.
    #[error("key policy is refused: {0}")]
    MalformedPolicy(String),
    /// A paging marker that was not given out.
    #[error("marker is invalid")]
    InvalidMarker,

    // --- what state the key is in ---
    /// The key is disabled: enable it.
    #[error("key {0} is disabled")]
    Disabled(String),
    /// The key is in a state that does not allow the call, such as pending deletion.
    #[error("key {arn} is in state {state}")]
    InvalidState {
        /// The key's ARN.
        arn: String,
        /// The state's name on the wire.
        state: &'static str,
    },

    // --- the service itself ---
    /// Asked for by a test: see [`super::Kms::throttle_next`].
    #[error("rate exceeded")]
    Throttled,
    /// The state failed; its message says what to do.
    #[error("key state cannot be read or written")]
    State(#[from] StateError),
    /// A stored key does not parse: the state was written by something else.
    #[error("stored key {0} is not readable")]
    StoredKey(String),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness(#[from] getrandom::Error),
    /// The cipher refused its input, which the checked limits rule out.
    #[error("encryption failed")]
    Encryption,
}

impl KmsError {
    /// AWS's name for the error, as in `__type`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(error) => error.json_code(),
            Self::AccessDenied(_) => "AccessDeniedException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Malformed(_) => "SerializationException",
            Self::Validation(_) => "ValidationException",
            Self::NotFound(_) => "NotFoundException",
            Self::InvalidArn(_) => "InvalidArnException",
            Self::InvalidAliasName(_) => "InvalidAliasNameException",
            Self::AlreadyExists(_) => "AlreadyExistsException",
            Self::InvalidCiphertext => "InvalidCiphertextException",
            Self::IncorrectKey => "IncorrectKeyException",
            Self::MalformedPolicy(_) => "MalformedPolicyDocumentException",
            Self::InvalidMarker => "InvalidMarkerException",
            Self::Disabled(_) => "DisabledException",
            Self::InvalidState { .. } => "KMSInvalidStateException",
            Self::Throttled => "ThrottlingException",
            Self::State(_) | Self::StoredKey(_) | Self::Randomness(_) | Self::Encryption => {
                "KMSInternalException"
            }
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::State(_) | Self::StoredKey(_) | Self::Randomness(_) | Self::Encryption => 500,
            Self::Unauthenticated(_)
            | Self::AccessDenied(_)
            | Self::UnknownOperation(_)
            | Self::Malformed(_)
            | Self::Validation(_)
            | Self::NotFound(_)
            | Self::InvalidArn(_)
            | Self::InvalidAliasName(_)
            | Self::AlreadyExists(_)
            | Self::InvalidCiphertext
            | Self::IncorrectKey
            | Self::MalformedPolicy(_)
            | Self::InvalidMarker
            | Self::Disabled(_)
            | Self::InvalidState { .. }
            | Self::Throttled => 400,
        }
    }

    /// The message for the client: AWS's wording where clients are known to look at it, and nothing about
    /// the inside of the service.
    pub fn aws_message(&self) -> Option<String> {
        match self {
            Self::Unauthenticated(error) => Some(error.aws_message()),
            Self::AccessDenied(denial) => Some(denial.aws_message()),
            Self::Disabled(arn) => Some(format!("{arn} is disabled.")),
            Self::InvalidState { arn, state } => match *state {
                "PendingDeletion" => Some(format!("{arn} is pending deletion.")),
                other => Some(format!("{arn} is {other}.")),
            },
            Self::NotFound(name) if name.starts_with("arn:") => {
                Some(format!("Key '{name}' does not exist"))
            }
            Self::NotFound(name) => Some(format!("Invalid keyId '{name}'")),
            Self::IncorrectKey => Some(
                "The key ID in the request does not identify a CMK that can perform this operation."
                    .to_owned(),
            ),
            Self::Throttled => Some("Rate exceeded".to_owned()),
            Self::Malformed(source) => Some(source.to_string()),
            // AWS says nothing about why a ciphertext is invalid.
            Self::InvalidCiphertext => None,
            Self::State(_) | Self::StoredKey(_) | Self::Randomness(_) | Self::Encryption => {
                Some("internal failure".to_owned())
            }
            Self::UnknownOperation(_)
            | Self::Validation(_)
            | Self::InvalidArn(_)
            | Self::InvalidAliasName(_)
            | Self::AlreadyExists(_)
            | Self::MalformedPolicy(_)
            | Self::InvalidMarker => Some(self.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_code_status_and_a_harmless_message() {
        let arn = || "arn:aws:kms:eu-central-1:123456789012:key/k".to_owned();
        let text = || "x".to_owned();
        let pending = KmsError::InvalidState {
            arn: arn(),
            state: "PendingDeletion",
        };
        for (error, code, status, message) in [
            (
                KmsError::Unauthenticated(AuthError::Missing),
                "MissingAuthenticationTokenException",
                400,
                "Missing Authentication Token",
            ),
            (
                KmsError::UnknownOperation(text()),
                "UnknownOperationException",
                400,
                "operation \"x\" is not supported",
            ),
            (
                KmsError::Validation(text()),
                "ValidationException",
                400,
                "x",
            ),
            (
                KmsError::NotFound(arn()),
                "NotFoundException",
                400,
                "Key 'arn:aws:kms:eu-central-1:123456789012:key/k' does not exist",
            ),
            (
                KmsError::NotFound(text()),
                "NotFoundException",
                400,
                "Invalid keyId 'x'",
            ),
            (
                KmsError::InvalidArn(text()),
                "InvalidArnException",
                400,
                "arn \"x\" is invalid",
            ),
            (
                KmsError::InvalidAliasName(text()),
                "InvalidAliasNameException",
                400,
                "alias name \"x\" is invalid",
            ),
            (
                KmsError::AlreadyExists(text()),
                "AlreadyExistsException",
                400,
                "alias \"x\" exists already",
            ),
            (
                KmsError::InvalidCiphertext,
                "InvalidCiphertextException",
                400,
                "",
            ),
            (
                KmsError::IncorrectKey,
                "IncorrectKeyException",
                400,
                "The key ID in the request does not identify a CMK that can perform this operation.",
            ),
            (
                KmsError::MalformedPolicy(text()),
                "MalformedPolicyDocumentException",
                400,
                "key policy is refused: x",
            ),
            (
                KmsError::InvalidMarker,
                "InvalidMarkerException",
                400,
                "marker is invalid",
            ),
            (
                KmsError::Disabled(arn()),
                "DisabledException",
                400,
                "arn:aws:kms:eu-central-1:123456789012:key/k is disabled.",
            ),
            (
                pending,
                "KMSInvalidStateException",
                400,
                "arn:aws:kms:eu-central-1:123456789012:key/k is pending deletion.",
            ),
            (
                KmsError::Throttled,
                "ThrottlingException",
                400,
                "Rate exceeded",
            ),
            (
                KmsError::State(StateError::Unsealing),
                "KMSInternalException",
                500,
                "internal failure",
            ),
            (
                KmsError::StoredKey(text()),
                "KMSInternalException",
                500,
                "internal failure",
            ),
            (
                KmsError::Encryption,
                "KMSInternalException",
                500,
                "internal failure",
            ),
        ] {
            assert_eq!(error.code(), code);
            assert_eq!(error.status(), status, "{code}");
            assert_eq!(error.aws_message().unwrap_or_default(), message, "{code}");
        }
    }
}
