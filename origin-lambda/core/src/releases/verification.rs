//! Checking a release page by page: where a page stopped, and the record that the last one leaves.
//!
//! Both are sealed by their user, for nobody but the origin. A record and a position say which release of which site
//! they are of, and which filling of its tree, so that none can be moved to another, or outlive a removal.

use keyfront_releases::{ReleaseId, SiteName};
use serde::{Deserialize, Serialize};
use sha2::{
    Digest as _, Sha256,
    digest::common::hazmat::{SerializableState as _, SerializedState},
};

/// Objects that one page names as wrong, at most.
pub const MOST_NAMED: usize = 100;

/// What tells one filling of a release's tree from the next, after it was removed and begun again: the entity tag of its
/// manifest's object, and when that was written. S3 gives what is encrypted with KMS another tag at every write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filling(String);

impl Filling {
    /// By the manifest's object; the time is in seconds since 1970.
    pub fn of(etag: &str, written: u64) -> Self {
        Self(format!("{etag} {written}"))
    }
}

/// A tree that is filled now.
#[derive(Debug, Clone, Copy)]
pub struct FilledTree<'a> {
    /// Its site.
    pub site: &'a SiteName,
    /// Its release.
    pub release: ReleaseId,
    /// Which filling of it.
    pub filling: &'a Filling,
}

/// The record that every object of a release was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedRecord {
    v: u32,
    site: String,
    release: ReleaseId,
    filling: Filling,
    /// How many objects there were.
    pub objects: u64,
    /// When, RFC 3339.
    pub at: String,
}

impl VerifiedRecord {
    /// Of a release all of whose objects were found.
    pub fn new(tree: FilledTree<'_>, objects: u64, at: String) -> Self {
        Self {
            v: 1,
            site: tree.site.to_string(),
            release: tree.release,
            filling: tree.filling.clone(),
            objects,
            at,
        }
    }

    /// The record, if it is of this filling of this release of this site.
    pub fn read(plain: &[u8], tree: FilledTree<'_>) -> Option<Self> {
        let record: Self = serde_json::from_slice(plain).ok()?;
        let own = record.v == 1
            && record.site == tree.site.as_str()
            && record.release == tree.release
            && record.filling == *tree.filling;
        own.then_some(record)
    }
}

/// Where checking goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyPosition {
    site: String,
    release: ReleaseId,
    filling: Filling,
    /// Objects that were checked, in the manifest's order.
    pub checked: u64,
    /// How far the bytes of the next one were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

impl VerifyPosition {
    /// Behind so many objects.
    pub fn new(tree: FilledTree<'_>, checked: u64) -> Self {
        Self {
            site: tree.site.to_string(),
            release: tree.release,
            filling: tree.filling.clone(),
            checked,
            reading: None,
        }
    }

    /// The same, within the next object.
    #[must_use]
    pub fn within(mut self, reading: Reading) -> Self {
        self.reading = Some(reading);
        self
    }

    /// The position, if it is of this release of this site, of whichever filling.
    pub fn read(plain: &str, site: &SiteName, release: ReleaseId) -> Option<Self> {
        let position: Self = serde_json::from_str(plain).ok()?;
        let own = position.site == site.as_str() && position.release == release;
        own.then_some(position)
    }

    /// Whether what was checked is there still: the tree was not removed since.
    pub fn is_of(&self, filling: &Filling) -> bool {
        self.filling == *filling
    }
}

/// An object whose bytes are being hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The entity tag of the object, which must stay.
    pub etag: String,
    /// Bytes that were hashed.
    pub offset: u64,
    /// The hash's state, hex.
    state: String,
}

impl Reading {
    /// From the first byte.
    pub fn begin(etag: String) -> Self {
        Self::at(etag, 0, &Sha256::new())
    }

    /// Behind `offset` bytes.
    pub fn at(etag: String, offset: u64, hash: &Sha256) -> Self {
        Self {
            etag,
            offset,
            state: hex::encode(hash.serialize()),
        }
    }

    /// The hash of what was read; `None` for a state that is none.
    pub fn hash(&self) -> Option<Sha256> {
        let bytes = hex::decode(&self.state).ok()?;
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).ok()?;
        Sha256::deserialize(&state).ok()
    }
}
