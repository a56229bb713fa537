//! Opened data keys, kept for a short time, so that a page of metadata or a seeking video player
//! does not cost a call to KMS for each object or range.
//!
//! A key is found by its ciphertext *and* its context: whoever presents another context asks KMS.
//! What the cache holds outlives a withdrawn grant by its life and no longer. Failures are not kept.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use keyfront_envelope::Description;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{Kms, PlainKey};
use crate::error::Error;

type Name = [u8; 32];

/// A bounded cache of opened data keys.
pub struct KeyCache {
    capacity: usize,
    life: Duration,
    entries: Mutex<HashMap<Name, Entry>>,
}

struct Entry {
    since: Instant,
    key: Arc<OnceCell<Arc<PlainKey>>>,
}

impl KeyCache {
    /// A cache of at most `capacity` keys, each for at most `life`.
    pub fn new(capacity: usize, life: Duration) -> Self {
        Self {
            capacity,
            life,
            entries: Mutex::default(),
        }
    }

    /// Opens a data key; of several requests for the same one at the same time, one asks KMS.
    ///
    /// # Errors
    /// As [`Kms::decrypt`].
    pub async fn open(
        &self,
        kms: &Kms,
        wrapped: &[u8],
        context: &Description,
    ) -> Result<Arc<PlainKey>, Error> {
        let cell = self.cell(name(wrapped, context), Instant::now());
        cell.get_or_try_init(|| async { kms.decrypt(wrapped, context).await.map(Arc::new) })
            .await
            .cloned()
    }

    fn cell(&self, name: Name, now: Instant) -> Arc<OnceCell<Arc<PlainKey>>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now.duration_since(entry.since) < self.life);
        if let Some(entry) = entries.get(&name) {
            return Arc::clone(&entry.key);
        }
        if entries.len() >= self.capacity {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.since);
            if let Some(oldest) = oldest.map(|(name, _)| *name) {
                entries.remove(&oldest);
            }
        }
        let key = Arc::new(OnceCell::new());
        let entry = Entry {
            since: now,
            key: Arc::clone(&key),
        };
        entries.insert(name, entry);
        key
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache")
            .field("capacity", &self.capacity)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// Every part with its length before it, so that no two inputs run into one another.
fn name(wrapped: &[u8], context: &Description) -> Name {
    let mut hash = Sha256::new();
    let mut absorb = |part: &[u8]| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    absorb(wrapped);
    for (name, value) in context {
        absorb(name.as_bytes());
        absorb(value.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    fn filled(cache: &KeyCache, wrapped: &[u8], context: &Description, now: Instant) -> bool {
        let cell = cache.cell(name(wrapped, context), now);
        let known = cell.initialized();
        let key = PlainKey::from_slice(&[1; 32]).unwrap();
        let _ = cell.set(Arc::new(key));
        known
    }

    #[test]
    fn a_key_is_found_by_ciphertext_and_context_for_its_life() {
        let (cache, now) = (KeyCache::new(4, LIFE), Instant::now());
        let context = Description::from([("bucket".to_owned(), "a".to_owned())]);
        let other = Description::from([("bucket".to_owned(), "b".to_owned())]);
        assert!(!filled(&cache, b"wrapped", &context, now));
        assert!(filled(&cache, b"wrapped", &context, now));
        assert!(!filled(&cache, b"wrapped", &other, now));
        assert!(!filled(&cache, b"Wrapped", &context, now));
        assert!(filled(&cache, b"wrapped", &context, now + LIFE / 2));
        assert!(!filled(&cache, b"wrapped", &context, now + LIFE));
    }

    #[test]
    fn no_more_keys_are_kept_than_the_capacity() {
        let (cache, now) = (KeyCache::new(2, LIFE), Instant::now());
        let context = Description::new();
        for (age, wrapped) in [(0, b"a"), (1, b"b"), (2, b"c")] {
            filled(&cache, wrapped, &context, now + Duration::from_secs(age));
        }
        assert_eq!(cache.entries.lock().unwrap().len(), 2);
        let later = now + Duration::from_secs(3);
        assert!(filled(&cache, b"c", &context, later));
        assert!(filled(&cache, b"b", &context, later));
        assert!(!filled(&cache, b"a", &context, later));
    }
}
