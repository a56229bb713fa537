//! The cache's memory: answers by key, least recently used first out, bounded in bytes and in entries.
//!
//! Whether an answer may be stored, and whether it is still fresh, is `freshness`'s to say.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, StatusCode};
use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::distribution::Behaviour;
use super::forward::{accepted_codings, key_query};
use super::freshness::Freshness;
use super::shared_body::SharedBody;

/// How much the cache may hold.
#[derive(Debug, Clone, Copy)]
pub struct CacheLimits {
    /// Bytes of all bodies together, those still arriving and those still being read included.
    pub total_bytes: usize,
    /// Bytes of one body; longer answers pass through uncached.
    pub object_bytes: u32,
    /// How many answers.
    pub entries: NonZeroUsize,
}

impl Default for CacheLimits {
    /// 128 MiB in all, 8 MiB for one, 10,000 answers.
    fn default() -> Self {
        Self {
            total_bytes: 128 << 20,
            object_bytes: 8 << 20,
            entries: NonZeroUsize::MIN.saturating_add(9_999),
        }
    }
}

/// What makes two requests the same to the cache.
///
/// The viewer's `Host` is not part of it: a distribution is one name to CloudFront, and origins never see the viewer's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    method: MethodClass,
    path: String,
    query: Option<String>,
    headers: Vec<Vec<Vec<u8>>>,
    codings: Option<&'static str>,
}

/// An answer to HEAD has no body to answer a GET with; the other way round works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MethodClass {
    /// Answers with a body.
    Get,
    /// Answers without one.
    Head,
}

impl CacheKey {
    /// The key of a request; `None` for methods whose answers are not cached.
    pub(super) fn of(
        method: &Method,
        path: &str,
        raw_query: Option<&str>,
        headers: &HeaderMap,
        behaviour: &Behaviour,
    ) -> Option<Self> {
        let method = match *method {
            Method::GET => MethodClass::Get,
            Method::HEAD => MethodClass::Head,
            _ => return None,
        };
        let values_of = |name: &String| {
            let values = headers.get_all(name).iter();
            values.map(|value| value.as_bytes().to_vec()).collect()
        };
        Some(Self {
            method,
            path: path.to_owned(),
            query: key_query(raw_query, behaviour),
            headers: behaviour.cache.headers.iter().map(values_of).collect(),
            codings: accepted_codings(headers, behaviour),
        })
    }

    /// The key under which a GET's answer to the same request would be.
    pub(super) fn as_get(&self) -> Self {
        Self {
            method: MethodClass::Get,
            ..self.clone()
        }
    }
}

/// An answer as the cache keeps it.
#[derive(Debug)]
pub(super) struct CachedResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Arc<SharedBody>,
    pub(super) freshness: Freshness,
}

/// What an invalidation names: one target, or all that begin with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidationPath {
    target: String,
    and_all_that_follow: bool,
}

impl InvalidationPath {
    /// Reads a path as `CreateInvalidation` takes it.
    pub(super) fn parse(path: &str) -> Self {
        let (target, and_all_that_follow) = match path.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (path, false),
        };
        Self {
            target: target.to_owned(),
            and_all_that_follow,
        }
    }

    /// Compared letter by letter with what a viewer wrote: another spelling is another copy, and so is another query,
    /// which a path without one does not cover.
    fn covers(&self, key: &CacheKey) -> bool {
        let target = match &key.query {
            Some(query) => format!("{}?{query}", key.path),
            None => key.path.clone(),
        };
        if self.and_all_that_follow {
            target.starts_with(&self.target)
        } else {
            target == self.target
        }
    }
}

/// A moment between two invalidations. What was requested from an origin before one may not be stored after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

/// The store.
pub(super) struct Store {
    shelf: Mutex<Shelf>,
    memory: Arc<Semaphore>,
    object_bytes: u64,
}

struct Shelf {
    entries: LruCache<CacheKey, Arc<CachedResponse>>,
    epoch: u64,
}

impl Store {
    pub(super) fn new(limits: CacheLimits) -> Self {
        let shelf = Shelf {
            entries: LruCache::new(limits.entries),
            epoch: 0,
        };
        Self {
            shelf: Mutex::new(shelf),
            memory: Arc::new(Semaphore::new(
                limits.total_bytes.min(Semaphore::MAX_PERMITS),
            )),
            object_bytes: u64::from(limits.object_bytes),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.shelf().epoch)
    }

    pub(super) fn lookup(&self, key: &CacheKey) -> Option<Arc<CachedResponse>> {
        self.shelf().entries.get(key).cloned()
    }

    /// Memory for a body of this length, making room if need be; `None` if it is too long or memory is in use.
    pub(super) fn reserve(&self, length: u64) -> Option<OwnedSemaphorePermit> {
        if length > self.object_bytes {
            return None;
        }
        let wanted = u32::try_from(length).ok()?;
        loop {
            if let Ok(permit) = Arc::clone(&self.memory).try_acquire_many_owned(wanted) {
                return Some(permit);
            }
            self.shelf().entries.pop_lru()?;
        }
    }

    /// The longest body the cache takes.
    pub(super) fn object_bytes(&self) -> u64 {
        self.object_bytes
    }

    /// Stores an answer requested at `epoch`, unless there was an invalidation since.
    pub(super) fn insert(&self, key: CacheKey, stored: Arc<CachedResponse>, epoch: Epoch) {
        let mut shelf = self.shelf();
        if shelf.epoch == epoch.0 {
            shelf.entries.push(key, stored);
        }
    }

    /// Drops one entry, if it is still this one.
    pub(super) fn remove(&self, key: &CacheKey, stored: &Arc<CachedResponse>) {
        let mut shelf = self.shelf();
        if shelf
            .entries
            .peek(key)
            .is_some_and(|kept| Arc::ptr_eq(kept, stored))
        {
            shelf.entries.pop(key);
        }
    }

    /// Drops everything the paths cover; the keys that `also` says are covered are its own affair.
    pub(super) fn invalidate(&self, paths: &[InvalidationPath]) {
        let mut shelf = self.shelf();
        shelf.epoch += 1;
        let covered: Vec<CacheKey> = shelf
            .entries
            .iter()
            .map(|(key, _)| key)
            .filter(|key| covered(paths, key))
            .cloned()
            .collect();
        for key in covered {
            shelf.entries.pop(&key);
        }
    }
}

/// Whether any of the paths covers the key.
pub(super) fn covered(paths: &[InvalidationPath], key: &CacheKey) -> bool {
    paths.iter().any(|path| path.covers(key))
}
