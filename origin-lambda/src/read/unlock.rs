//! Unlocking: from an object's metadata, maybe its instruction file, to its content key.
//!
//! Which envelopes are accepted is decided by [`keyfront_envelope::reader`].

use std::collections::HashMap;

use bytes::Bytes;
use keyfront_envelope::{
    AwaitingKey, KeyNeed, MAX_INSTRUCTION_FILE, Unlocked, instruction_file_key,
    reader::{KeySearch, find_key},
};
use keyfront_names::ObjectKey;

use super::{
    Reader,
    failure::{self, refused},
};
use crate::error::Error;

impl Reader {
    /// Finds the content key.
    pub(super) async fn unlock(
        &self,
        key: &ObjectKey,
        metadata: &HashMap<String, String>,
    ) -> Result<Unlocked, Error> {
        let search = find_key(&self.policy, key.as_str(), metadata).map_err(refused)?;
        let awaiting = match search {
            KeySearch::NeedsKey(awaiting) => awaiting,
            KeySearch::NeedsInstructionFile(search) => {
                let file = self.instruction_file(key).await?;
                search.supply(file.as_deref()).map_err(refused)?
            }
        };
        self.unwrap(awaiting).await
    }

    async fn instruction_file(&self, key: &ObjectKey) -> Result<Option<Bytes>, Error> {
        // A key with no room for the suffix has no instruction file.
        let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
            return Ok(None);
        };
        match self
            .store
            .read_companion(&companion, MAX_INSTRUCTION_FILE)
            .await
        {
            Ok(body) => Ok(Some(body)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn unwrap(&self, awaiting: AwaitingKey) -> Result<Unlocked, Error> {
        let unlocked = match awaiting.need() {
            KeyNeed::KmsDecrypt {
                ciphertext,
                context,
            } => {
                let opened = self.opened.open(&self.kms, ciphertext, context).await?;
                awaiting.unlock(&opened.for_envelope())
            }
            KeyNeed::MasterKey { .. } => {
                let master = self.master_key.as_ref().ok_or(Error::MasterKeyMissing)?;
                awaiting.unlock_with_master(&master.key)
            }
        };
        unlocked.map_err(failure::envelope)
    }
}
