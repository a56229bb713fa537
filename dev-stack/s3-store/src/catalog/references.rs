//! Which bodies the records name.

use std::collections::HashSet;

use redb::ReadableTable;

use super::{
    records::{Object, StoredPart},
    tables::{Catalog, CatalogError, OBJECTS, PARTS, VERSIONS},
    version_rows::Version,
};
use crate::blobs::BlobId;

impl Catalog {
    /// Every body that a record names.
    pub fn referenced_blobs(&self) -> Result<HashSet<BlobId>, CatalogError> {
        let read = self.read()?;
        let mut blobs = HashSet::new();
        for row in read.open_table(OBJECTS)?.iter()? {
            let object: Object = serde_json::from_slice(row?.1.value())?;
            blobs.extend(object.blobs());
        }
        for row in read.open_table(VERSIONS)?.iter()? {
            let version: Version = serde_json::from_slice(row?.1.value())?;
            blobs.extend(version.blobs());
        }
        for row in read.open_table(PARTS)?.iter()? {
            let part: StoredPart = serde_json::from_slice(row?.1.value())?;
            blobs.insert(part.piece.blob);
        }
        Ok(blobs)
    }
}
