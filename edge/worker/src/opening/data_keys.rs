//! Opened data keys, kept for a short time, so that a seeking player does not cost a call to KMS for each range.
//!
//! A key is found by the KMS key and the credentials that opened it, its ciphertext *and* its context: whoever presents
//! anything else asks KMS. What is kept outlives a withdrawn grant by its life and no longer. Failures are not kept. It
//! has no clock: time comes in.

use std::sync::Arc;

use keyfront_envelope::{DataKey, Description};
use sha2::{Digest as _, Sha256};

/// The name of a data key.
pub(crate) type Name = [u8; 32];

/// Keys an isolate keeps, whatever its sites allow.
const KEPT: usize = 1024;

/// A bounded cache of opened data keys; dropped keys are wiped.
#[derive(Debug, Default)]
pub(crate) struct DataKeys {
    /// Oldest first.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: Name,
    owner: Name,
    until: i64,
    key: Arc<DataKey>,
}

/// How many keys an owner may keep, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) keys: usize,
    /// Seconds.
    pub(crate) life: i64,
}

impl DataKeys {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The key of this name at `now` (Unix seconds).
    pub(crate) fn find(&mut self, name: &Name, now: i64) -> Option<Arc<DataKey>> {
        self.entries.retain(|entry| now < entry.until);
        let entry = self.entries.iter().find(|entry| entry.name == *name)?;
        Some(Arc::clone(&entry.key))
    }

    /// Keeps a key; the owner's oldest go to make room.
    pub(crate) fn keep(
        &mut self,
        (owner, name): (Name, Name),
        key: &Arc<DataKey>,
        limits: Limits,
        now: i64,
    ) {
        self.entries
            .retain(|entry| now < entry.until && entry.name != name);
        if limits.keys == 0 || limits.life == 0 {
            return;
        }
        let owned = |entry: &Entry| entry.owner == owner;
        while self.entries.iter().filter(|entry| owned(entry)).count() >= limits.keys {
            let oldest = self.entries.iter().position(owned);
            oldest.map(|oldest| self.entries.remove(oldest));
        }
        if self.entries.len() == KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            name,
            owner,
            until: now.saturating_add(limits.life),
            key: Arc::clone(key),
        });
    }
}

/// Who opens keys: a KMS key, used with the credentials of this access key id.
pub(crate) fn owner(key_arn: &str, access_key_id: &str) -> Name {
    hashed([key_arn.as_bytes(), access_key_id.as_bytes()])
}

/// The name of an owner's data key.
pub(crate) fn name(owner: &Name, wrapped: &[u8], context: &Description) -> Name {
    let context = context
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    hashed([&owner[..], wrapped].into_iter().chain(context))
}

/// Every part with its length before it, so that no two inputs run into one another.
fn hashed<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Name {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
