//! Opened data keys, kept for a short time, so that a page of metadata or a seeking video player
//! does not cost a call to KMS for each object or range.
//!
//! What is kept, by which name and for how long is decided by [`DataKeyCache`]. Failures are not kept.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use keyfront_envelope::{
    Description,
    reader::{CacheLimits, DataKeyCache, DataKeyName, KeyOwner},
};
use tokio::sync::OnceCell;

use super::{Kms, PlainKey};
use crate::error::Error;

/// A key, or the place where those wait who need it.
type Cell = Arc<OnceCell<Arc<PlainKey>>>;

/// A bounded cache of opened data keys.
pub struct KeyCache {
    limits: CacheLimits,
    keys: Mutex<DataKeyCache<Cell>>,
}

impl KeyCache {
    /// A cache of at most `capacity` keys, each for at most `life`, counted in whole seconds.
    pub fn new(capacity: usize, life: Duration) -> Self {
        let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        Self {
            limits: CacheLimits {
                keys: capacity,
                life,
            },
            keys: Mutex::new(DataKeyCache::new(capacity)),
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
        // One KMS key, and whatever session the origin's one role has.
        let owner = KeyOwner::new(kms.key_arn.as_str(), "");
        let name = DataKeyName::new(owner, wrapped, context);
        let cell = self.cell(name, SystemTime::now());
        cell.get_or_try_init(|| async { kms.decrypt(wrapped, context).await.map(Arc::new) })
            .await
            .cloned()
    }

    /// Whether a data key is opened already: opening it then costs no call to KMS.
    pub fn knows(&self, kms: &Kms, wrapped: &[u8], context: &Description) -> bool {
        let owner = KeyOwner::new(kms.key_arn.as_str(), "");
        let name = DataKeyName::new(owner, wrapped, context);
        let now = unix_seconds(SystemTime::now());
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.find(&name, now).is_some_and(|cell| cell.initialized())
    }

    /// The key's place.
    fn cell(&self, name: DataKeyName, now: SystemTime) -> Cell {
        let now = unix_seconds(now);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = keys.find(&name, now) {
            return cell;
        }
        let cell = Cell::default();
        keys.keep(name, Arc::clone(&cell), self.limits, now);
        cell
    }
}

fn unix_seconds(now: SystemTime) -> i64 {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    fn filled(cache: &KeyCache, wrapped: &[u8], context: &Description, now: Duration) -> bool {
        let name = DataKeyName::new(KeyOwner::new("key", ""), wrapped, context);
        let cell = cache.cell(name, UNIX_EPOCH + now);
        let known = cell.initialized();
        let key = PlainKey::from_slice(&[1; 32]).unwrap();
        let _ = cell.set(Arc::new(key));
        known
    }

    #[test]
    fn a_key_is_found_by_ciphertext_and_context_for_its_life() {
        let (cache, now) = (KeyCache::new(4, LIFE), Duration::from_millis(900));
        let context = Description::from([("bucket".to_owned(), "a".to_owned())]);
        let other = Description::from([("bucket".to_owned(), "b".to_owned())]);
        assert!(!filled(&cache, b"wrapped", &context, now));
        assert!(filled(&cache, b"wrapped", &context, now));
        assert!(!filled(&cache, b"wrapped", &other, now));
        assert!(!filled(&cache, b"Wrapped", &context, now));
        assert!(filled(&cache, b"wrapped", &context, now + LIFE / 2));
        assert!(!filled(&cache, b"wrapped", &context, now + LIFE));
        // A clock that was set back.
        assert!(filled(&cache, b"wrapped", &context, now + LIFE));
        assert!(!filled(&cache, b"wrapped", &context, now));
    }

    #[test]
    fn no_more_keys_are_kept_than_the_capacity() {
        let cache = KeyCache::new(2, LIFE);
        let context = Description::new();
        for (age, wrapped) in [(0, b"a"), (1, b"b"), (2, b"c")] {
            filled(&cache, wrapped, &context, Duration::from_secs(age));
        }
        let later = Duration::from_secs(3);
        assert!(filled(&cache, b"c", &context, later));
        assert!(filled(&cache, b"b", &context, later));
        assert!(!filled(&cache, b"a", &context, later));
    }
}
