//! From an object's metadata, maybe its instruction file, to the data key that opens it.
//!
//! Which envelopes are accepted is the policy's; it reads and unwraps nothing itself.

use alloc::borrow::ToOwned as _;

use super::failure::ReadFailure;
use super::policy::ReaderPolicy;
use crate::error::Error;
use crate::format::{self, Envelope, ObjectPart, Placement};
use crate::open::{AwaitingKey, check_policy};

/// What the search for a data key needs next.
#[derive(Debug)]
pub enum KeySearch<'p> {
    /// The data key, unwrapped.
    NeedsKey(AwaitingKey),
    /// The object's instruction file.
    NeedsInstructionFile(NeedsInstructionFile<'p>),
}

/// An object whose metadata do not say what its data key is.
#[derive(Debug)]
pub struct NeedsInstructionFile<'p> {
    object: ObjectPart,
    policy: &'p ReaderPolicy,
    key: &'p str,
}

/// Finds out what the data key of the object under `key` is unwrapped with. `metadata` is named with or without
/// `x-amz-meta-`.
///
/// # Errors
/// [`ReadFailure::PublisherKeyRequired`], [`ReadFailure::EnvelopeRefused`], [`ReadFailure::EnvelopeInvalid`].
pub fn find_key<'p, N: AsRef<str>, V: AsRef<str>>(
    policy: &'p ReaderPolicy,
    key: &'p str,
    metadata: impl IntoIterator<Item = (N, V)>,
) -> Result<KeySearch<'p>, ReadFailure> {
    match format::read(metadata)? {
        Placement::OnObject(envelope) => accept(envelope, policy, key).map(KeySearch::NeedsKey),
        Placement::InInstructionFile(object) => {
            Ok(KeySearch::NeedsInstructionFile(NeedsInstructionFile {
                object,
                policy,
                key,
            }))
        }
    }
}

impl NeedsInstructionFile<'_> {
    /// Goes on with the instruction file's content, of which [`crate::MAX_INSTRUCTION_FILE`] bytes and one are enough;
    /// `None` if there is no such file.
    ///
    /// # Errors
    /// [`ReadFailure::NotAnEnvelope`] without a file, or as [`find_key`].
    pub fn supply(self, file: Option<&[u8]>) -> Result<AwaitingKey, ReadFailure> {
        let file = file.ok_or(ReadFailure::NotAnEnvelope)?;
        accept(self.object.complete(file)?, self.policy, self.key)
    }
}

fn accept(
    envelope: Envelope,
    policy: &ReaderPolicy,
    key: &str,
) -> Result<AwaitingKey, ReadFailure> {
    if let Some(id) = envelope.publisher_key() {
        return Err(ReadFailure::PublisherKeyRequired {
            key_id: id.to_owned(),
        });
    }
    for accepted in policy.accepted(key) {
        match check_policy(&envelope, &accepted.policy) {
            Ok(()) if envelope.wrap() == accepted.wrap => {
                return Ok(AwaitingKey::of_checked(envelope));
            }
            // The next one may be meant for this wrap or context.
            Ok(()) | Err(Error::ContextMismatch) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::ContextMismatch.into())
}
