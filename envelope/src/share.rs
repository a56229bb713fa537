//! What opens one object for whoever is given it, in place of the master key: its data key, and what it commits to.
//!
//! It does not say where the object is, and is not stored with it. V3 only: a share of an object without a commitment
//! could open to two contents, one for its maker and one for its receiver.

use core::fmt;

use zeroize::Zeroizing;

use crate::cipher::MAX_CONTENT_LENGTH;
use crate::data_key::{DataKey, MasterKey};
use crate::error::Error;
use crate::format::Content;
use crate::key_commitment::{COMMITMENT_LENGTH, KeyCommitment, MESSAGE_ID_LENGTH, MessageId};
use crate::open::{AwaitingKey, Unlocked};

/// Bytes of a share: the data key, the message id, the commitment.
pub const SHARE_LENGTH: usize = KEY + MESSAGE_ID_LENGTH + COMMITMENT_LENGTH;
const KEY: usize = 32;

/// A data key with the message id and the commitment of its object. A secret: wiped on drop, never printed.
pub struct ObjectShare {
    data_key: DataKey,
    message_id: MessageId,
    commitment: KeyCommitment,
}

impl ObjectShare {
    /// Reads a share as [`Self::expose_bytes`] wrote it.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; SHARE_LENGTH]) -> Self {
        let (key, rest) = bytes.split_at(KEY);
        let (id, stored) = rest.split_at(MESSAGE_ID_LENGTH);
        let mut data_key = Zeroizing::new([0; KEY]);
        let (mut message_id, mut commitment) = ([0; MESSAGE_ID_LENGTH], [0; COMMITMENT_LENGTH]);
        data_key.copy_from_slice(key);
        message_id.copy_from_slice(id);
        commitment.copy_from_slice(stored);
        Self {
            data_key: DataKey::new(*data_key),
            message_id,
            commitment,
        }
    }

    /// The data key, the message id and the commitment, one after the other.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; SHARE_LENGTH]> {
        let mut bytes = Zeroizing::new([0; SHARE_LENGTH]);
        let (key, rest) = bytes.split_at_mut(KEY);
        let (id, stored) = rest.split_at_mut(MESSAGE_ID_LENGTH);
        key.copy_from_slice(self.data_key.expose_key());
        id.copy_from_slice(&self.message_id);
        stored.copy_from_slice(&self.commitment);
        bytes
    }

    /// Goes on to the object's body, of which the plaintext must have exactly this many bytes.
    ///
    /// # Errors
    /// [`Error::CommitmentMismatch`] if the share was altered; [`Error::ContentTooLong`].
    pub fn unlock(self, plaintext_length: u64) -> Result<Unlocked, Error> {
        if plaintext_length > MAX_CONTENT_LENGTH {
            return Err(Error::ContentTooLong);
        }
        let content = Content::V3 {
            message_id: self.message_id,
            commitment: self.commitment,
        };
        Unlocked::new(&content, &self.data_key, Some(plaintext_length))
    }
}

impl AwaitingKey {
    /// Unwraps the data key with the client-side master key, for somebody else to open the object with.
    ///
    /// # Errors
    /// As [`Self::unlock_with_master`]; [`Error::CommitmentRequired`] for an object without a commitment.
    pub fn share_with_master(self, master: &MasterKey) -> Result<ObjectShare, Error> {
        let data_key = self.unwrap_with_master(master)?;
        let Content::V3 {
            message_id,
            commitment,
        } = self.envelope().content
        else {
            return Err(Error::CommitmentRequired);
        };
        self.unlocked(&data_key)?;
        Ok(ObjectShare {
            data_key,
            message_id,
            commitment,
        })
    }
}

impl fmt::Debug for ObjectShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectShare(redacted)")
    }
}
