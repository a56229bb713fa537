//! Opened data keys, kept for a short time, so that a seeking player does not cost a call to KMS for each range.
//!
//! A key is found by the KMS key and the credentials that opened it, its ciphertext *and* its context: whoever presents
//! anything else asks KMS. What is kept outlives a withdrawn grant by its life and no longer.
//!
//! It has no clock and calls nobody: time comes in as seconds, and who asks KMS while others wait is the adapters'.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::context::Description;

type Hash = [u8; 32];

/// Who opens data keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOwner(Hash);

impl KeyOwner {
    /// A KMS key, used with the credentials of this access key id.
    #[must_use]
    pub fn new(key_arn: &str, access_key_id: &str) -> Self {
        Self(hash([key_arn.as_bytes(), access_key_id.as_bytes()]))
    }
}

/// The name of an owner's data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataKeyName {
    owner: KeyOwner,
    name: Hash,
}

impl DataKeyName {
    /// Names a data key by its ciphertext and its whole context.
    #[must_use]
    pub fn new(owner: KeyOwner, ciphertext: &[u8], context: &Description) -> Self {
        let entries = context.iter();
        let entries = entries.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let name = hash([&owner.0[..], ciphertext].into_iter().chain(entries));
        Self { owner, name }
    }
}

/// How many keys an owner may keep, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Keys of one owner.
    pub keys: usize,
    /// Seconds.
    pub life: i64,
}

impl CacheLimits {
    /// Whether anything is kept at all.
    #[must_use]
    pub fn keep_any(self) -> bool {
        self.keys > 0 && self.life > 0
    }
}

/// A bounded cache of opened data keys. Dropped ones are wiped if `K` is.
#[derive(Debug)]
pub struct DataKeyCache<K> {
    capacity: usize,
    /// Oldest first.
    entries: Vec<CachedKey<K>>,
}

#[derive(Debug)]
struct CachedKey<K> {
    name: DataKeyName,
    since: i64,
    until: i64,
    key: K,
}

impl<K> CachedKey<K> {
    /// A clock that went back proves nothing about age.
    const fn is_fresh(&self, now: i64) -> bool {
        self.since <= now && now < self.until
    }
}

impl<K: Clone> DataKeyCache<K> {
    /// A cache of at most `capacity` keys of all owners together.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: Vec::new(),
        }
    }

    /// The key of this name at `now`, seconds of the wall clock: others stand still while a machine sleeps or a function is
    /// frozen, and a key would outlive its life.
    pub fn find(&mut self, name: &DataKeyName, now: i64) -> Option<K> {
        self.entries.retain(|entry| entry.is_fresh(now));
        let entry = self.entries.iter().find(|entry| entry.name == *name)?;
        Some(entry.key.clone())
    }

    /// Keeps a key; the owner's oldest go to make room.
    pub fn keep(&mut self, name: DataKeyName, key: K, limits: CacheLimits, now: i64) {
        self.entries
            .retain(|entry| entry.is_fresh(now) && entry.name != name);
        if !limits.keep_any() {
            return;
        }
        let owned = |entry: &CachedKey<K>| entry.name.owner == name.owner;
        while self.entries.iter().filter(|entry| owned(entry)).count() >= limits.keys {
            let oldest = self.entries.iter().position(owned);
            oldest.map(|oldest| self.entries.remove(oldest));
        }
        if self.entries.len() >= self.capacity && !self.entries.is_empty() {
            self.entries.remove(0);
        }
        self.entries.push(CachedKey {
            name,
            since: now,
            until: now.saturating_add(limits.life),
            key,
        });
    }
}

/// Every part with its length before it, so that no two inputs run into one another.
fn hash<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
