//! Rows of versions: what they hold, their order, and finding one.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::{
    millis::Millis,
    records::Object,
    tables::{CatalogError, find, insert},
    version_id::{Stamp, VersionId},
};
use crate::blobs::BlobId;

/// A version as a bucket keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// An object.
    Object(Box<Object>),
    /// A delete marker.
    Marker(DeleteMarker),
}

/// Says that a key was deleted while its bucket kept versions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteMarker {
    /// When.
    pub modified: Millis,
    /// Which version it is.
    #[serde(default)]
    pub stamp: Stamp,
}

impl Version {
    /// Which version it is.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        match self {
            Self::Object(object) => &object.stamp,
            Self::Marker(marker) => &marker.stamp,
        }
    }

    /// The bodies it needs.
    #[must_use]
    pub fn blobs(&self) -> Vec<BlobId> {
        match self {
            Self::Object(object) => object.blobs(),
            Self::Marker(_) => Vec::new(),
        }
    }

    pub(super) fn etag(&self) -> Option<&str> {
        match self {
            Self::Object(object) => Some(&object.etag),
            Self::Marker(_) => None,
        }
    }
}

pub(super) type Table<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

pub(super) fn insert_version(
    others: &mut Table<'_>,
    row: &[u8],
    version: &Version,
) -> Result<(), CatalogError> {
    insert(others, &version_row(row, version.stamp().place), version)
}

pub(super) fn newest_former(
    others: &impl ReadableTable<&'static [u8], &'static [u8]>,
    row: &[u8],
) -> Result<Option<Version>, CatalogError> {
    let [first, end] = version_rows(row);
    match others.range(first.as_slice()..end.as_slice())?.next() {
        Some(found) => Ok(Some(serde_json::from_slice(found?.1.value())?)),
        None => Ok(None),
    }
}

/// The version of this name, unless it is the object as it is.
pub(super) fn former(
    others: &impl ReadableTable<&'static [u8], &'static [u8]>,
    row: &[u8],
    id: &VersionId,
) -> Result<Option<Version>, CatalogError> {
    let place = match id.place() {
        Some(place) => Some(place),
        None => place_of_null(others, row)?,
    };
    let Some(place) = place else {
        return Ok(None);
    };
    let found: Option<Version> = find(others, &version_row(row, place))?;
    Ok(found.filter(|version| version.stamp().id == *id))
}

/// Where the `null` version of a key is, unless it is the object as it is.
pub(super) fn place_of_null(
    others: &impl ReadableTable<&'static [u8], &'static [u8]>,
    row: &[u8],
) -> Result<Option<u64>, CatalogError> {
    /// The stamp alone of a [`Version`].
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Stamped {
        Object(Of),
        Marker(Of),
    }
    #[derive(Deserialize)]
    struct Of {
        #[serde(default)]
        stamp: Stamp,
    }
    let [first, end] = version_rows(row);
    for found in others.range(first.as_slice()..end.as_slice())? {
        let (Stamped::Object(of) | Stamped::Marker(of)) = serde_json::from_slice(found?.1.value())?;
        if of.stamp.id.is_null() {
            return Ok(Some(of.stamp.place));
        }
    }
    Ok(None)
}

/// Bytes that a version's row has behind its key's.
pub(super) const ROW_END: usize = 1 + 8;

/// A key's row, and behind it the versions, newest first: keys hold no NUL, and so their order stays that of their bytes.
pub(super) fn version_row(row: &[u8], place: u64) -> Vec<u8> {
    [row, &[0], &(!place).to_be_bytes()].concat()
}

/// Where the version that a row has stands among those of its key.
pub(super) fn place_in(row: &[u8]) -> Option<u64> {
    row.last_chunk().map(|place| !u64::from_be_bytes(*place))
}

/// The first row of a key's versions, and the first behind them.
pub(super) fn version_rows(row: &[u8]) -> [Vec<u8>; 2] {
    [[row, &[0]].concat(), [row, &[1]].concat()]
}
