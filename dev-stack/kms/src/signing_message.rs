//! What is signed: a message, or the digest of one.

use std::borrow::Cow;

use super::KmsError;
use super::signing_algorithm::SigningAlgorithm;

/// AWS's limit for a message, in bytes.
const MAX_MESSAGE: usize = 4096;

/// A message in one of its two forms: `Message` with its `MessageType`. Both yield the same signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// The message itself, 1 to 4,096 bytes; it is digested here.
    Raw(&'a [u8]),
    /// Its digest by the hash of the signing algorithm.
    Digest(&'a [u8]),
}

impl<'a> Message<'a> {
    /// The message of this type; without one it is raw.
    pub(super) fn of_type(name: Option<&str>, bytes: &'a [u8]) -> Result<Self, KmsError> {
        match name {
            None | Some("RAW") => Ok(Self::Raw(bytes)),
            Some("DIGEST") => Ok(Self::Digest(bytes)),
            Some(other) => Err(KmsError::Validation(format!(
                "MessageType must be RAW or DIGEST, and {other:?} is neither"
            ))),
        }
    }

    /// The type's name on the wire.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Raw(_) => "RAW",
            Self::Digest(_) => "DIGEST",
        }
    }

    pub(super) fn check_length(self) -> Result<(), KmsError> {
        let (Self::Raw(bytes) | Self::Digest(bytes)) = self;
        if bytes.is_empty() || bytes.len() > MAX_MESSAGE {
            return Err(KmsError::Validation(format!(
                "Message must have 1 to {MAX_MESSAGE} bytes"
            )));
        }
        Ok(())
    }

    /// What the scheme signs.
    pub(super) fn digest(self, algorithm: SigningAlgorithm) -> Result<Cow<'a, [u8]>, KmsError> {
        let hash = algorithm.hash();
        match self {
            Self::Raw(message) => Ok(Cow::Owned(hash.digest(message))),
            Self::Digest(digest) if digest.len() == hash.bytes() => Ok(Cow::Borrowed(digest)),
            Self::Digest(_) => Err(KmsError::Validation(format!(
                "Digest is invalid length for algorithm {}.",
                algorithm.name()
            ))),
        }
    }
}
