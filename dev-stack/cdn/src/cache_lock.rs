//! Request collapsing: concurrent misses of one key share one request to the origin.
//!
//! Keeps who waits for whom. What is requested, and what may be shared, is `fetch`'s.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::refusal::Refusal;
use super::store::{CacheKey, CachedResponse, InvalidationPath, covered};

/// How a leader's fetch ended for its followers.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// An answer everybody may have; its body may still be arriving.
    Shared(Arc<CachedResponse>),
    /// The origin could not be reached; trying again at once would not help.
    Failed(Refusal),
    /// The answer is for its requester alone; everybody else sends a request of their own.
    Alone,
}

type OutcomeReceiver = watch::Receiver<Option<Outcome>>;

/// The fetches under way, by cache key.
#[derive(Default)]
pub(super) struct CacheLocks {
    held: Mutex<HashMap<CacheKey, OutcomeReceiver>>,
}

/// The right to fetch a key, or the duty to wait for whoever has it.
pub(super) enum CacheLock {
    /// Ask the origin, then finish.
    Leader(Leader),
    /// Somebody is asking already.
    Follower(Follower),
}

/// Waits for a leader.
pub(super) struct Follower(OutcomeReceiver);

impl Follower {
    /// How the fetch ended; after one that vanished, everybody asks alone.
    pub(super) async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Alone),
            Err(_) => Outcome::Alone,
        }
    }
}

/// Fetches for everybody; the lock is released when this is dropped.
pub(super) struct Leader {
    locks: Arc<CacheLocks>,
    key: CacheKey,
    outcome: watch::Sender<Option<Outcome>>,
}

impl Leader {
    /// Reports the outcome to every follower, present and future, until the lock is released.
    pub(super) fn finish(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        let mut held = self.locks.held();
        // After an invalidation the key may belong to a newer fetch.
        if let Entry::Occupied(entry) = held.entry(self.key.clone())
            && entry.get().same_channel(&self.outcome.subscribe())
        {
            entry.remove();
        }
    }
}

impl CacheLocks {
    fn held(&self) -> MutexGuard<'_, HashMap<CacheKey, OutcomeReceiver>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks this key, or follows whoever locked it.
    pub(super) fn acquire(self: &Arc<Self>, key: &CacheKey) -> CacheLock {
        match self.held().entry(key.clone()) {
            Entry::Occupied(held) => CacheLock::Follower(Follower(held.get().clone())),
            Entry::Vacant(vacant) => {
                let (outcome, receiver) = watch::channel(None);
                vacant.insert(receiver);
                CacheLock::Leader(Leader {
                    locks: Arc::clone(self),
                    key: key.clone(),
                    outcome,
                })
            }
        }
    }

    /// Nobody follows a fetch from before an invalidation.
    pub(super) fn invalidate(&self, paths: &[InvalidationPath]) {
        self.held().retain(|key, _| !covered(paths, key));
    }
}
