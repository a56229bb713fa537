//! The cache between viewers and origins: what it consists of.

use std::sync::Arc;

use super::cache_lock::CacheLocks;
use super::distribution::Distribution;
use super::store::Store;
use super::upstream::Upstream;

/// Looked into by `deliver`, filled by `fetch`.
pub(super) struct Cache {
    pub(super) distribution: Distribution,
    pub(super) store: Store,
    pub(super) locks: Arc<CacheLocks>,
    pub(super) upstream: Upstream,
}
