//! Every way a KMS call fails, with AWS's code for it.

use keyfront_dev_ground::aws_error::AwsError;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_dev_ground::state::StateError;
use keyfront_iam::Denial;
use thiserror::Error;

const INCORRECT_KEY: &str =
    "The key ID in the request does not identify a CMK that can perform this operation.";

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
    #[error("request body is malformed")]
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
    /// The key is for other operations: KeyUsage decides at creation.
    #[error("key {arn} is for {usage}, not for {operation}")]
    InvalidKeyUsage {
        /// The key's ARN.
        arn: String,
        /// The usage's name on the wire.
        usage: &'static str,
        /// The operation's name.
        operation: &'static str,
    },
    /// The key signs, but not by this algorithm: DescribeKey lists those it has.
    #[error("keys of spec {spec} do not sign by {algorithm}")]
    IncompatibleAlgorithm {
        /// The algorithm's name on the wire.
        algorithm: &'static str,
        /// The spec's name on the wire.
        spec: &'static str,
    },
    /// Keys of this spec do not have the operation.
    #[error("key {arn} of spec {spec} has no {operation}")]
    UnsupportedOperation {
        /// The key's ARN.
        arn: String,
        /// The spec's name on the wire.
        spec: &'static str,
        /// The operation's name.
        operation: &'static str,
    },
    /// The signature is not one of this message by this key and algorithm.
    #[error("signature is not valid")]
    InvalidSignature,
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
    /// Requested by a test: see [`super::Kms::throttle_next`].
    #[error("rate exceeded")]
    Throttled,
    /// The state failed; its message says what to do.
    #[error("key state cannot be read or written")]
    State(#[from] StateError),
    /// A stored key does not parse: the state was written by something else.
    #[error("stored key {0} is not readable")]
    StoredKey(String),
    /// The operating system gave no randomness.
    #[error("no random bytes from the operating system")]
    Randomness(#[from] getrandom::Error),
    /// A private key or public key cannot be written in its standard format.
    #[error("key pair cannot be encoded")]
    KeyEncoding(#[from] p256::pkcs8::Error),
    /// An ECDSA signature cannot be made.
    #[error("ECDSA signature cannot be made")]
    Ecdsa(#[from] p256::ecdsa::Error),
    /// An RSA key or signature cannot be made.
    #[error("RSA key or signature cannot be made")]
    Rsa(#[from] rsa::Error),
}

impl KmsError {
    /// The error as clients see it: AWS's wording where clients are known to look at it, and nothing about the inside
    /// of the service.
    pub fn describe(&self) -> AwsError {
        let invalid = |code, message| AwsError::new(400, code, message);
        match self {
            Self::Unauthenticated(error) => error.in_json_protocol(),
            Self::AccessDenied(denial) => invalid("AccessDeniedException", denial.aws_message()),
            Self::UnknownOperation(_) => invalid("UnknownOperationException", self.to_string()),
            Self::Malformed(source) => invalid("SerializationException", source.to_string()),
            Self::Validation(_) => invalid("ValidationException", self.to_string()),
            Self::NotFound(name) => invalid("NotFoundException", not_found(name)),
            Self::InvalidArn(_) => invalid("InvalidArnException", self.to_string()),
            Self::InvalidAliasName(_) => invalid("InvalidAliasNameException", self.to_string()),
            Self::AlreadyExists(_) => invalid("AlreadyExistsException", self.to_string()),
            Self::InvalidCiphertext => AwsError::without_message(400, "InvalidCiphertextException"),
            Self::IncorrectKey => invalid("IncorrectKeyException", INCORRECT_KEY.to_owned()),
            Self::MalformedPolicy(_) => {
                invalid("MalformedPolicyDocumentException", self.to_string())
            }
            Self::InvalidKeyUsage {
                arn,
                usage,
                operation,
            } => {
                let message =
                    format!("{arn} key usage is {usage} which is not valid for {operation}.");
                invalid("InvalidKeyUsageException", message)
            }
            Self::IncompatibleAlgorithm { algorithm, spec } => {
                let message =
                    format!("Algorithm {algorithm} is incompatible with key spec {spec}.");
                invalid("InvalidKeyUsageException", message)
            }
            Self::UnsupportedOperation {
                arn,
                spec,
                operation,
            } => {
                let message =
                    format!("{arn} key spec is {spec} which is not valid for {operation}.");
                invalid("UnsupportedOperationException", message)
            }
            Self::InvalidSignature => {
                AwsError::without_message(400, "KMSInvalidSignatureException")
            }
            Self::InvalidMarker => invalid("InvalidMarkerException", self.to_string()),
            Self::Disabled(arn) => invalid("DisabledException", format!("{arn} is disabled.")),
            Self::InvalidState { arn, state } => {
                let state = match *state {
                    "PendingDeletion" => "pending deletion",
                    other => other,
                };
                invalid("KMSInvalidStateException", format!("{arn} is {state}."))
            }
            Self::Throttled => invalid("ThrottlingException", "Rate exceeded".to_owned()),
            Self::State(_)
            | Self::StoredKey(_)
            | Self::Randomness(_)
            | Self::KeyEncoding(_)
            | Self::Ecdsa(_)
            | Self::Rsa(_) => AwsError::internal("KMSInternalException"),
        }
    }

    /// AWS's name for the error, as in `__type`.
    pub fn code(&self) -> &'static str {
        self.describe().code
    }
}

fn not_found(name: &str) -> String {
    if name.starts_with("arn:") {
        format!("Key '{name}' does not exist")
    } else {
        format!("Invalid keyId '{name}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "one row a case")]
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
                KmsError::InvalidKeyUsage {
                    arn: arn(),
                    usage: "SIGN_VERIFY",
                    operation: "Encrypt",
                },
                "InvalidKeyUsageException",
                400,
                "arn:aws:kms:eu-central-1:123456789012:key/k key usage is SIGN_VERIFY which is not valid for Encrypt.",
            ),
            (
                KmsError::IncompatibleAlgorithm {
                    algorithm: "ECDSA_SHA_256",
                    spec: "RSA_2048",
                },
                "InvalidKeyUsageException",
                400,
                "Algorithm ECDSA_SHA_256 is incompatible with key spec RSA_2048.",
            ),
            (
                KmsError::UnsupportedOperation {
                    arn: arn(),
                    spec: "RSA_2048",
                    operation: "EnableKeyRotation",
                },
                "UnsupportedOperationException",
                400,
                "arn:aws:kms:eu-central-1:123456789012:key/k key spec is RSA_2048 which is not valid for EnableKeyRotation.",
            ),
            (
                KmsError::InvalidSignature,
                "KMSInvalidSignatureException",
                400,
                "",
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
                KmsError::Rsa(rsa::Error::Internal),
                "KMSInternalException",
                500,
                "internal failure",
            ),
        ] {
            let described = error.describe();
            assert_eq!(described.code, code);
            assert_eq!(described.status, status, "{code}");
            assert_eq!(described.message.unwrap_or_default(), message, "{code}");
        }
    }
}
