//! Opened data keys, kept for a short time, so that a seeking player does not cost a call to KMS for each range.
//!
//! A key is found by the KMS key and the credentials that opened it, its ciphertext *and* its context: whoever presents
//! anything else asks KMS. What is kept outlives a withdrawn grant by its life and no longer. Failures are not kept.
//!
//! Of the requests an isolate serves at one time, one asks KMS for a key; the others wait for it, each for a short time
//! and once: whoever has waited in vain asks for itself, so that no request pays for another's failure or departure. It
//! has no clock and sends nothing: time comes in, and a [`Step`] says what to do.

use std::sync::Arc;

use keyfront_envelope::{DataKey, Description};
use sha2::{Digest as _, Sha256};

/// The name of a data key.
pub(crate) type Name = [u8; 32];

/// Keys an isolate keeps, whatever its sites allow.
const KEPT: usize = 1024;

/// After this time, in seconds, whoever was asking KMS is taken for lost.
const LOST_AFTER: i64 = 3;

/// What a request that needs a key does next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Use this one.
    Use(Arc<DataKey>),
    /// Ask KMS, then tell [`DataKeys::arrived`].
    Ask,
    /// Another request is asking: look again soon.
    Wait,
}

/// Whether a request has waited for another's key already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It has just come.
    NotYet,
    /// It has, and looks again.
    Once,
    /// It has, as long as it may.
    Enough,
}

/// A bounded cache of opened data keys; dropped keys are wiped.
#[derive(Debug, Default)]
pub(crate) struct DataKeys {
    /// Oldest first.
    entries: Vec<Entry>,
    /// Names that are being asked for, and since when.
    asked: Vec<(Name, i64)>,
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

impl Limits {
    fn keep_any(self) -> bool {
        self.keys > 0 && self.life > 0
    }
}

impl DataKeys {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// What a request that needs the key of this name does at `now` (Unix seconds).
    pub(crate) fn step(&mut self, name: &Name, limits: Limits, waited: Waited, now: i64) -> Step {
        if let Some(key) = self.find(name, now) {
            return Step::Use(key);
        }
        self.asked.retain(|(_, since)| now - since < LOST_AFTER);
        // Nobody could find what is not kept.
        if !limits.keep_any() || waited == Waited::Enough {
            return Step::Ask;
        }
        let under_way = self.asked.iter().any(|(asked, _)| asked == name);
        match (under_way, waited) {
            (true, _) => Step::Wait,
            (false, Waited::NotYet) => {
                self.asked.push((*name, now));
                Step::Ask
            }
            // It failed. To wait for the next who asks would make a queue of the failures.
            (false, _) => Step::Ask,
        }
    }

    /// Keeps what KMS answered, if it is a key.
    pub(crate) fn arrived(
        &mut self,
        (owner, name): (Name, Name),
        key: Option<&Arc<DataKey>>,
        limits: Limits,
        now: i64,
    ) {
        self.asked.retain(|(asked, _)| *asked != name);
        if let Some(key) = key {
            self.keep((owner, name), key, limits, now);
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
        if !limits.keep_any() {
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
