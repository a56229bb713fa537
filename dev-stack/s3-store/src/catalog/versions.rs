//! The versions of a key: the object as it is, and in a table of their own the delete markers and what was there before.
//!
//! The newest version of a key is its object, or the newest row of the other table is a delete marker; one version at most
//! is `null`. Where a bucket never kept versions, the other table has no row of it and costs nothing.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};

use super::{
    bucket_record::Versioning,
    millis::Millis,
    records::Object,
    tables::{Catalog, CatalogError, OBJECTS, VERSIONS, find, insert, row_key, versioning_of},
    version_id::{Stamp, VersionId},
    version_rows::{
        DeleteMarker, Table, Version, former, insert_version, newest_former, version_row,
    },
    write_condition::WriteCondition,
};
use crate::blobs::BlobId;

/// What a deletion did.
#[derive(Debug)]
pub enum Deletion {
    /// The object is gone; its bodies may be retired.
    Deleted(Vec<BlobId>),
    /// A delete marker of this name is there now; these bodies may be retired.
    Marked(VersionId, Vec<BlobId>),
    /// There was none.
    Absent,
}

/// The version that is to be removed.
pub struct VersionRemoval {
    /// Of this bucket.
    pub bucket: String,
    /// Of this key.
    pub key: String,
    /// Its name.
    pub id: VersionId,
    /// What must hold of it.
    pub condition: WriteCondition,
}

/// A version that was removed.
#[derive(Debug)]
pub struct RemovedVersion {
    /// Whether it was a delete marker.
    pub was_marker: bool,
    /// Its bodies, which may be retired.
    pub retired: Vec<BlobId>,
}

/// What became of a version's tags.
#[derive(Debug)]
pub enum Tagging {
    /// They were replaced; which version it was.
    Replaced(VersionId),
    /// There is no such object: nothing, or a delete marker.
    NoObject(Option<DeleteMarker>),
}

impl Catalog {
    /// Puts an object if `condition` holds; returns which version it is, and the bodies that nothing names any more.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`] if the bucket vanished meanwhile; the condition's errors.
    pub async fn put_object(
        &self,
        bucket: String,
        key: String,
        mut object: Object,
        condition: WriteCondition,
    ) -> Result<(VersionId, Vec<BlobId>), CatalogError> {
        self.change(move |change| {
            let retired = put_version(change, &bucket, &key, &mut object, &condition)?;
            Ok((object.stamp.id, retired))
        })
        .await
    }

    /// The version of this name, if it exists.
    ///
    /// # Errors
    /// [`CatalogError`] if the records cannot be read.
    pub fn version(
        &self,
        bucket: &str,
        key: &str,
        id: &VersionId,
    ) -> Result<Option<Version>, CatalogError> {
        let read = self.read()?;
        let row = row_key(bucket, key);
        if let Some(object) = find::<Object>(&read.open_table(OBJECTS)?, &row)?
            && object.stamp.id == *id
        {
            return Ok(Some(Version::Object(Box::new(object))));
        }
        former(&read.open_table(VERSIONS)?, &row, id)
    }

    /// The delete marker that hides a key, if one does.
    ///
    /// # Errors
    /// [`CatalogError`] if the records cannot be read.
    pub fn hiding_marker(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<DeleteMarker>, CatalogError> {
        let read = self.read()?;
        let row = row_key(bucket, key);
        if read.open_table(OBJECTS)?.get(row.as_slice())?.is_some() {
            return Ok(None);
        }
        match newest_former(&read.open_table(VERSIONS)?, &row)? {
            Some(Version::Marker(marker)) => Ok(Some(marker)),
            Some(Version::Object(_)) | None => Ok(None),
        }
    }

    /// Deletes an object if `condition` holds of what is there: where versions are kept, a delete marker hides it.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`] if the bucket vanished meanwhile; the condition's errors.
    pub async fn delete_object(
        &self,
        bucket: String,
        key: String,
        at: Millis,
        condition: WriteCondition,
    ) -> Result<Deletion, CatalogError> {
        self.change(move |change| {
            let versioning = versioning_of(change, &bucket)?;
            let mut objects = change.open_table(OBJECTS)?;
            let row = row_key(&bucket, &key);
            let present: Option<Object> = find(&objects, &row)?;
            condition.evaluate(present.as_ref().map(|object| object.etag.as_str()))?;
            if present.is_some() {
                objects.remove(row.as_slice())?;
            }
            if versioning.is_off() {
                return Ok(
                    present.map_or(Deletion::Absent, |object| Deletion::Deleted(object.blobs()))
                );
            }
            let mut others = change.open_table(VERSIONS)?;
            let stamp = next_stamp(&others, &row, present.as_ref(), at, versioning)?;
            let retired = make_room(&mut others, &row, present, versioning)?;
            let marker = DeleteMarker {
                modified: at,
                stamp,
            };
            let id = marker.stamp.id.clone();
            insert_version(&mut others, &row, &Version::Marker(marker))?;
            Ok(Deletion::Marked(id, retired))
        })
        .await
    }

    /// Removes exactly one version, if its condition holds and `may_go` agrees; what it hid comes back. `None` if there is
    /// no such version.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`] if the bucket vanished meanwhile; the condition's errors; those of `may_go`.
    pub async fn remove_version(
        &self,
        removal: VersionRemoval,
        may_go: impl FnOnce(&Object) -> Result<(), CatalogError> + Send + 'static,
    ) -> Result<Option<RemovedVersion>, CatalogError> {
        self.change(move |change| {
            versioning_of(change, &removal.bucket)?;
            let mut objects = change.open_table(OBJECTS)?;
            let mut others = change.open_table(VERSIONS)?;
            let row = row_key(&removal.bucket, &removal.key);
            let present: Option<Object> = find(&objects, &row)?;
            let is_present = present
                .as_ref()
                .is_some_and(|object| object.stamp.id == removal.id);
            let found = match present.filter(|_| is_present) {
                Some(object) => Some(Version::Object(Box::new(object))),
                None => former(&others, &row, &removal.id)?,
            };
            removal
                .condition
                .evaluate(found.as_ref().and_then(Version::etag))?;
            let Some(found) = found else {
                return Ok(None);
            };
            if let Version::Object(object) = &found {
                may_go(object)?;
            }
            match is_present {
                true => objects.remove(row.as_slice())?,
                false => others.remove(version_row(&row, found.stamp().place).as_slice())?,
            };
            bring_back(&mut objects, &mut others, &row)?;
            Ok(Some(RemovedVersion {
                was_marker: matches!(found, Version::Marker(_)),
                retired: found.blobs(),
            }))
        })
        .await
    }

    /// Gives a version other tags, or the object as it is; nothing else of it changes.
    ///
    /// # Errors
    /// [`CatalogError`] if the records cannot be written.
    pub async fn tag_version(
        &self,
        bucket: String,
        key: String,
        id: Option<VersionId>,
        tags: BTreeMap<String, String>,
    ) -> Result<Tagging, CatalogError> {
        self.change(move |change| {
            let mut objects = change.open_table(OBJECTS)?;
            let row = row_key(&bucket, &key);
            let present = find::<Object>(&objects, &row)?;
            let is_meant = |object: &Object| id.as_ref().is_none_or(|id| object.stamp.id == *id);
            if let Some(mut object) = present.filter(is_meant) {
                object.tags = tags;
                insert(&mut objects, &row, &object)?;
                return Ok(Tagging::Replaced(object.stamp.id));
            }
            let mut others = change.open_table(VERSIONS)?;
            let found = match &id {
                Some(id) => former(&others, &row, id)?,
                None => newest_former(&others, &row)?,
            };
            match found {
                Some(Version::Object(mut object)) => {
                    object.tags = tags;
                    let id = object.stamp.id.clone();
                    insert_version(&mut others, &row, &Version::Object(object))?;
                    Ok(Tagging::Replaced(id))
                }
                Some(Version::Marker(marker)) => Ok(Tagging::NoObject(Some(marker))),
                None => Ok(Tagging::NoObject(None)),
            }
        })
        .await
    }
}

/// Puts an object if `condition` holds, and writes its stamp; returns the bodies that nothing names any more.
pub(super) fn put_version(
    change: &WriteTransaction,
    bucket: &str,
    key: &str,
    object: &mut Object,
    condition: &WriteCondition,
) -> Result<Vec<BlobId>, CatalogError> {
    let versioning = versioning_of(change, bucket)?;
    let mut objects = change.open_table(OBJECTS)?;
    let row = row_key(bucket, key);
    let present: Option<Object> = find(&objects, &row)?;
    condition.evaluate(present.as_ref().map(|object| object.etag.as_str()))?;
    if versioning.is_off() {
        insert(&mut objects, &row, object)?;
        return Ok(present.map(|object| object.blobs()).unwrap_or_default());
    }
    let mut others = change.open_table(VERSIONS)?;
    object.stamp = next_stamp(&others, &row, present.as_ref(), object.modified, versioning)?;
    let retired = make_room(&mut others, &row, present, versioning)?;
    insert(&mut objects, &row, object)?;
    Ok(retired)
}

/// The stamp of the version that is written now: newer than all of its key, whatever the clock says.
fn next_stamp(
    others: &impl ReadableTable<&'static [u8], &'static [u8]>,
    row: &[u8],
    present: Option<&Object>,
    at: Millis,
    versioning: Versioning,
) -> Result<Stamp, CatalogError> {
    let newest = match present {
        Some(object) => Some(object.stamp.place),
        None => newest_former(others, row)?.map(|version| version.stamp().place),
    };
    // A million versions of a key within a millisecond keep their places in time.
    let by_clock = u64::try_from(at.0).unwrap_or(0) << 20;
    let place = newest.map_or(by_clock, |newest| by_clock.max(newest + 1));
    let id = match versioning {
        Versioning::Enabled => VersionId::generate(place)?,
        Versioning::Off | Versioning::Suspended => VersionId::NULL,
    };
    Ok(Stamp { id, place })
}

/// Sets aside what the new version hides. Where versions are suspended the new one is `null`: the former `null` version
/// goes, and its bodies are returned.
fn make_room(
    others: &mut Table<'_>,
    row: &[u8],
    present: Option<Object>,
    versioning: Versioning,
) -> Result<Vec<BlobId>, CatalogError> {
    let suspended = versioning == Versioning::Suspended;
    match present {
        Some(object) if suspended && object.stamp.id.is_null() => return Ok(object.blobs()),
        Some(object) => insert_version(others, row, &Version::Object(Box::new(object)))?,
        None => {}
    }
    if !suspended {
        return Ok(Vec::new());
    }
    let Some(replaced) = former(others, row, &VersionId::NULL)? else {
        return Ok(Vec::new());
    };
    others.remove(version_row(row, replaced.stamp().place).as_slice())?;
    Ok(replaced.blobs())
}

/// Where a key has no object, its newest version becomes it, unless that is a delete marker.
fn bring_back(
    objects: &mut Table<'_>,
    others: &mut Table<'_>,
    row: &[u8],
) -> Result<(), CatalogError> {
    if objects.get(row)?.is_some() {
        return Ok(());
    }
    if let Some(Version::Object(object)) = newest_former(others, row)? {
        others.remove(version_row(row, object.stamp.place).as_slice())?;
        insert(objects, row, &object)?;
    }
    Ok(())
}
