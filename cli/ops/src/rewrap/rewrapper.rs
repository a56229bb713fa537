//! What every object of a run is treated with. What is done with them is in `examine`, `write` and `object`.

use super::{key_ring::KeyRing, sealed_entry::EntryKeys, stop::Stop};
use crate::{
    bucket_target::BucketTarget,
    objects::settings::{ObjectLock, Reading},
};

/// What every object of a run is treated with.
pub(super) struct Rewrapper {
    pub(super) target: BucketTarget,
    pub(super) ring: KeyRing,
    pub(super) entries: EntryKeys,
    /// The key under which S3 is to keep what it keeps under an old one.
    pub(super) storage_key: Option<String>,
    pub(super) lock: Reading<Option<ObjectLock>>,
    /// Bytes over which an object is copied in parts.
    pub(super) copy_limit: u64,
    pub(super) effect: Effect,
    pub(super) stop: Stop,
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// A dry run.
    Rehearse,
    Write,
}

impl Rewrapper {
    /// Whether S3 keeps something under this key that it could not read once the old keys are gone.
    pub(super) fn is_old(&self, key: Option<&str>) -> bool {
        key.is_some_and(|key| self.ring.is_old(key))
    }
}
