//! Values under ids, in a fixed amount of memory: the oldest makes room for a new one.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// Values by their ids. What is looked up does not become younger by it.
pub(super) struct BoundedMap<V>(Mutex<LruCache<String, V>>);

impl<V: Clone> BoundedMap<V> {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(capacity)))
    }

    pub(super) fn insert(&self, id: String, value: V) {
        self.lock().push(id, value);
    }

    pub(super) fn find(&self, id: &str) -> Option<V> {
        self.lock().peek(id).cloned()
    }

    pub(super) fn remove(&self, id: &str) -> Option<V> {
        self.lock().pop(id)
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without its ids, which are secrets.
impl<V> fmt::Debug for BoundedMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoundedMap(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> BoundedMap<u8> {
        BoundedMap::new(NonZeroUsize::MIN.saturating_add(1))
    }

    #[test]
    fn the_oldest_is_dropped_even_if_it_was_looked_up_last() {
        let map = two();
        map.insert("a".to_owned(), 1);
        map.insert("b".to_owned(), 2);
        assert_eq!(map.find("a"), Some(1));
        map.insert("c".to_owned(), 3);
        assert_eq!((map.find("a"), map.find("b")), (None, Some(2)));
        assert_eq!(map.find("c"), Some(3));
    }

    #[test]
    fn what_was_removed_is_not_removed_twice() {
        let map = two();
        map.insert("a".to_owned(), 1);
        assert_eq!((map.remove("a"), map.remove("a")), (Some(1), None));
    }

    #[test]
    fn ids_are_not_printed() {
        let map = two();
        map.insert("secret".to_owned(), 1);
        assert_eq!(format!("{map:?}"), "BoundedMap(redacted)");
    }
}
