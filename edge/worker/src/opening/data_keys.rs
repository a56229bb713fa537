//! Data keys being opened, in front of the cache of opened ones.
//!
//! Of the requests an isolate serves at one time, one asks KMS for a key; the others wait for it, each for a short time
//! and once: whoever has waited in vain asks for itself, so that no request pays for another's failure or departure.
//! Failures are not kept. It has no clock and sends nothing: time comes in, and a [`Step`] says what to do.

use std::sync::Arc;

use keyfront_envelope::{
    DataKey,
    reader::{CacheLimits, DataKeyCache, DataKeyName},
};

/// Keys an isolate keeps, whatever its sites allow.
const CAPACITY: usize = 1024;

/// After this time, in seconds, whoever was asking KMS is considered lost.
const LOST_AFTER: i64 = 3;

/// What a request that needs a key does next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Use this one.
    Use(Arc<DataKey>),
    /// Ask KMS, then call [`DataKeys::arrived`].
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

/// Opened data keys, and those being opened. Dropped keys are wiped.
#[derive(Debug)]
pub(crate) struct DataKeys {
    opened: DataKeyCache<Arc<DataKey>>,
    pending: Vec<Pending>,
}

/// A key that a request is asking KMS for.
#[derive(Debug)]
struct Pending {
    name: DataKeyName,
    since: i64,
}

impl DataKeys {
    pub(crate) const fn new() -> Self {
        Self {
            opened: DataKeyCache::new(CAPACITY),
            pending: Vec::new(),
        }
    }

    /// What a request that needs the key of this name does at `now` (Unix seconds).
    pub(crate) fn step(
        &mut self,
        name: &DataKeyName,
        limits: CacheLimits,
        waited: Waited,
        now: i64,
    ) -> Step {
        if let Some(key) = self.opened.find(name, now) {
            return Step::Use(key);
        }
        self.pending
            .retain(|pending| now - pending.since < LOST_AFTER);
        // Nobody could find what is not kept.
        if !limits.keep_any() || waited == Waited::Enough {
            return Step::Ask;
        }
        let under_way = self.pending.iter().any(|pending| pending.name == *name);
        match (under_way, waited) {
            (true, _) => Step::Wait,
            (false, Waited::NotYet) => {
                let name = *name;
                self.pending.push(Pending { name, since: now });
                Step::Ask
            }
            // It failed. To wait for the next who asks would make a queue of the failures.
            (false, _) => Step::Ask,
        }
    }

    /// Keeps what KMS answered, if it is a key.
    pub(crate) fn arrived(
        &mut self,
        name: DataKeyName,
        key: Option<&Arc<DataKey>>,
        limits: CacheLimits,
        now: i64,
    ) {
        self.pending.retain(|pending| pending.name != name);
        if let Some(key) = key {
            self.opened.keep(name, Arc::clone(key), limits, now);
        }
    }
}
