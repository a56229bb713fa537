//! What the origin seals about an object for its publisher: the entry's data key is wrapped anew, its ciphertext and what
//! binds it - KMS context, object's key - stay.
//!
//! One data key serves a publisher for a day, and listings ask KMS once for each wrapped key. So a wrapped key has one
//! successor within a run, and pages of a listing cost no more calls than before.

use std::collections::{BTreeMap, HashMap};

use keyfront_origin_core::{
    encryption::metadata_context,
    sealed_metadata::{NAME, SealedEntry, decoded},
};
use tokio::sync::Mutex;

use super::key_ring::{KeyRing, OpenedBytes};

/// Wrapped keys whose successor is remembered.
const REMEMBERED: usize = 4096;

/// An object's entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryState {
    /// There is none, one that no origin would open, or the new key is not in KMS, where origins keep such keys.
    Absent,
    /// The new key opens it.
    Kept,
    /// An old key opens it; the text under the new key.
    Anew(String),
    /// No key of the run opens it.
    Unknown,
}

/// The successors of wrapped keys.
#[derive(Debug, Default)]
pub(super) struct EntryKeys {
    known: Mutex<HashMap<Vec<u8>, Successor>>,
}

#[derive(Debug, Clone)]
enum Successor {
    Itself,
    Anew(Vec<u8>),
    None,
}

impl EntryKeys {
    /// What becomes of the entry among an object's metadata.
    ///
    /// # Errors
    /// KMS does not serve a call; the entry would be too long.
    pub(super) async fn examine(
        &self,
        ring: &KeyRing,
        bucket: &str,
        metadata: &BTreeMap<String, String>,
    ) -> anyhow::Result<EntryState> {
        let Some(bytes) = metadata.get(NAME).and_then(|text| decoded(text)) else {
            return Ok(EntryState::Absent);
        };
        let Some(entry) = SealedEntry::read(&bytes) else {
            return Ok(EntryState::Absent);
        };
        if ring.new_in_kms().is_none() {
            return Ok(EntryState::Absent);
        }
        Ok(match self.successor(ring, bucket, &entry).await? {
            Successor::Itself => EntryState::Kept,
            Successor::None => EntryState::Unknown,
            Successor::Anew(wrapped) => {
                let wrapped = &wrapped;
                let text = SealedEntry { wrapped, ..entry }.written();
                EntryState::Anew(text.ok_or_else(|| {
                    anyhow::anyhow!("its sealed file name and tags do not fit with the new key")
                })?)
            }
        })
    }

    async fn successor(
        &self,
        ring: &KeyRing,
        bucket: &str,
        entry: &SealedEntry<'_>,
    ) -> anyhow::Result<Successor> {
        // Held across the calls: of two objects of one day the second waits for the first one's answer.
        let mut known = self.known.lock().await;
        if let Some(successor) = known.get(entry.wrapped) {
            return Ok(successor.clone());
        }
        let context = metadata_context(bucket, entry.publisher);
        let successor = match ring.open_bytes(entry.wrapped, &context).await? {
            OpenedBytes::New(_) => Successor::Itself,
            OpenedBytes::Neither => Successor::None,
            OpenedBytes::Old(plain) => Successor::Anew(ring.wrap_bytes(&plain, &context).await?),
        };
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(entry.wrapped.to_vec(), successor.clone());
        Ok(successor)
    }
}
