//! Multipart uploads in progress, and completing them in one transaction.

use std::{collections::BTreeMap, fmt};

use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::{
    listing::after_all,
    millis::Millis,
    records::{
        ChecksumScope, CompletionRefusal, ContentHeaders, Object, ObjectLockState, Protection,
        StoredPart,
    },
    tables::{
        COMPLETED, Catalog, CatalogError, PARTS, UPLOADS, bucket_exists, find, insert, row_key,
    },
    versions::put_version,
    write_condition::WriteCondition,
};
use crate::{blobs::BlobId, data_key::NoRandomness};

/// Parts other than the last have at least 5 MiB.
const MIN_PART: u64 = 5 * 1024 * 1024;

/// The name of an upload: its start in milliseconds, then random, so that names sort by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadId(String);

impl UploadId {
    const LEN: usize = 12 + 32;

    /// A fresh name for an upload begun at `start`.
    pub fn generate(start: Millis) -> Result<Self, NoRandomness> {
        Ok(Self(format!("{:012x}{}", start.0, BlobId::generate()?)))
    }

    /// The name a client sent; `None` if no upload was ever called that.
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = text.len() == Self::LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An upload in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    /// When it began.
    pub initiated: Millis,
    /// ARN of the principal that began it.
    pub initiator: String,
    /// For the object to be.
    pub headers: ContentHeaders,
    /// For the object to be.
    pub metadata: BTreeMap<String, String>,
    /// Chosen at the start, for all parts.
    pub protection: Protection,
    /// `CRC64NVME` and so on, if one was announced.
    pub checksum_algorithm: Option<String>,
    /// How the object's checksum is made of the parts'.
    pub checksum_scope: ChecksumScope,
    /// For the object to be.
    #[serde(default)]
    pub lock: ObjectLockState,
}

/// What completes an upload.
pub struct Completion {
    /// Where the object goes.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Which upload.
    pub upload: UploadId,
    /// Part numbers and ETags (without quotes) in the client's order.
    pub parts: Vec<(u32, String)>,
    /// Evaluated against the object that is there.
    pub condition: WriteCondition,
}

/// One page's question over uploads.
#[derive(Clone, Debug, Default)]
pub struct UploadListQuery {
    /// Only keys that begin with it.
    pub prefix: String,
    /// Begin behind this key, or behind this upload of it.
    pub after: Option<(String, Option<String>)>,
    /// At most this many; one more is looked for.
    pub limit: usize,
}

impl Catalog {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`] if the bucket vanished meanwhile.
    pub async fn begin_upload(
        &self,
        bucket: String,
        key: String,
        id: UploadId,
        upload: Upload,
    ) -> Result<(), CatalogError> {
        self.change(move |change| {
            bucket_exists(change, &bucket)?;
            insert(
                &mut change.open_table(UPLOADS)?,
                &upload_row(&bucket, &key, &id),
                &upload,
            )
        })
        .await
    }

    /// The upload, if it is in progress for exactly this key.
    pub fn upload(
        &self,
        bucket: &str,
        key: &str,
        id: &UploadId,
    ) -> Result<Option<Upload>, CatalogError> {
        find(
            &self.read()?.open_table(UPLOADS)?,
            &upload_row(bucket, key, id),
        )
    }

    /// Stores a part; returns the body it replaces.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchUpload`] if the upload ended meanwhile.
    pub async fn put_part(
        &self,
        bucket: String,
        key: String,
        id: UploadId,
        number: u32,
        part: StoredPart,
    ) -> Result<Option<BlobId>, CatalogError> {
        self.change(move |change| {
            let uploads = change.open_table(UPLOADS)?;
            if uploads
                .get(upload_row(&bucket, &key, &id).as_slice())?
                .is_none()
            {
                return Err(CatalogError::NoSuchUpload);
            }
            let mut parts = change.open_table(PARTS)?;
            let row = part_row(&id, number);
            let replaced: Option<StoredPart> = find(&parts, &row)?;
            insert(&mut parts, &row, &part)?;
            Ok(replaced.map(|part| part.piece.blob))
        })
        .await
    }

    /// The object that this upload was completed to, as it was then, without its bodies; `None` if it never was.
    pub fn completed(
        &self,
        bucket: &str,
        key: &str,
        id: &UploadId,
    ) -> Result<Option<Object>, CatalogError> {
        find(
            &self.read()?.open_table(COMPLETED)?,
            &upload_row(bucket, key, id),
        )
    }

    /// All parts of an upload, by number.
    pub fn parts(&self, id: &UploadId) -> Result<BTreeMap<u32, StoredPart>, CatalogError> {
        collect_parts(&self.read()?.open_table(PARTS)?, id)
    }

    /// Ends an upload without an object; returns its bodies.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchUpload`]
    pub async fn abort_upload(
        &self,
        bucket: String,
        key: String,
        id: UploadId,
    ) -> Result<Vec<BlobId>, CatalogError> {
        self.change(move |change| remove_upload(change, &bucket, &key, &id))
            .await
    }

    /// Makes the object out of the listed parts; `assemble` derives the record from them.
    ///
    /// Returns the record and the bodies that nothing names any more.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchUpload`], [`CatalogError::Completion`], the condition's.
    pub async fn complete_upload(
        &self,
        completion: Completion,
        assemble: impl FnOnce(Upload, Vec<(u32, StoredPart)>) -> Result<Object, CompletionRefusal>
        + Send
        + 'static,
    ) -> Result<(Object, Vec<BlobId>), CatalogError> {
        self.change(move |change| {
            let Completion {
                bucket,
                key,
                upload: id,
                parts: listed,
                condition,
            } = completion;
            let row = upload_row(&bucket, &key, &id);
            let upload: Upload =
                find(&change.open_table(UPLOADS)?, &row)?.ok_or(CatalogError::NoSuchUpload)?;
            let present = collect_parts(&change.open_table(PARTS)?, &id)?;
            let mut object = assemble(upload, choose_parts(present, &listed)?)?;
            let mut retired = put_version(change, &bucket, &key, &mut object, &condition)?;
            let blobs = remove_upload(change, &bucket, &key, &id)?;
            let remembered = Object {
                pieces: Vec::new(),
                ..object.clone()
            };
            insert(&mut change.open_table(COMPLETED)?, &row, &remembered)?;
            let kept = object.blobs();
            retired.extend(blobs.into_iter().filter(|blob| !kept.contains(blob)));
            Ok((object, retired))
        })
        .await
    }

    /// Uploads in progress, by key and age; at most `limit + 1`.
    pub fn uploads(
        &self,
        bucket: &str,
        query: &UploadListQuery,
    ) -> Result<Vec<(String, UploadId, Upload)>, CatalogError> {
        let base = row_key(bucket, "");
        let wanted = row_key(bucket, &query.prefix);
        let from = match &query.after {
            None => wanted.clone(),
            Some((key, None)) => after_all(&[row_key(bucket, key).as_slice(), &[0]].concat()),
            Some((key, Some(id))) => {
                [row_key(bucket, key).as_slice(), &[0], id.as_bytes(), &[0]].concat()
            }
        }
        .max(wanted.clone());
        let mut uploads = Vec::new();
        for row in self.read()?.open_table(UPLOADS)?.range(from.as_slice()..)? {
            let (row, record) = row?;
            let row = row.value();
            if !row.starts_with(&wanted) || uploads.len() > query.limit {
                break;
            }
            let Some((key, id)) =
                row[base.len()..].split_at_checked(row.len() - base.len() - UploadId::LEN - 1)
            else {
                continue;
            };
            let key = String::from_utf8_lossy(key).into_owned();
            let id = UploadId(String::from_utf8_lossy(&id[1..]).into_owned());
            uploads.push((key, id, serde_json::from_slice(record.value())?));
        }
        Ok(uploads)
    }
}

/// The listed parts, in order, if the list is right.
fn choose_parts(
    mut present: BTreeMap<u32, StoredPart>,
    listed: &[(u32, String)],
) -> Result<Vec<(u32, StoredPart)>, CompletionRefusal> {
    if listed.is_empty() {
        return Err(CompletionRefusal::NoParts);
    }
    if !listed.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(CompletionRefusal::PartOrder);
    }
    let mut chosen = Vec::with_capacity(listed.len());
    for (number, etag) in listed {
        match present.remove(number) {
            Some(part) if part.etag == *etag => chosen.push((*number, part)),
            _ => return Err(CompletionRefusal::InvalidPart(*number)),
        }
    }
    let all_but_last = &chosen[..chosen.len() - 1];
    match all_but_last
        .iter()
        .find(|(_, part)| part.piece.size < MIN_PART)
    {
        Some((number, part)) => Err(CompletionRefusal::TooSmall {
            number: *number,
            size: part.piece.size,
        }),
        None => Ok(chosen),
    }
}

fn remove_upload(
    change: &WriteTransaction,
    bucket: &str,
    key: &str,
    id: &UploadId,
) -> Result<Vec<BlobId>, CatalogError> {
    let mut uploads = change.open_table(UPLOADS)?;
    if uploads
        .remove(upload_row(bucket, key, id).as_slice())?
        .is_none()
    {
        return Err(CatalogError::NoSuchUpload);
    }
    let mut parts = change.open_table(PARTS)?;
    let mut blobs = Vec::new();
    for (number, part) in collect_parts(&parts, id)? {
        blobs.push(part.piece.blob);
        parts.remove(part_row(id, number).as_slice())?;
    }
    Ok(blobs)
}

fn collect_parts(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    id: &UploadId,
) -> Result<BTreeMap<u32, StoredPart>, CatalogError> {
    let mut parts = BTreeMap::new();
    for row in table.range(part_row(id, 0).as_slice()..=part_row(id, u32::MAX).as_slice())? {
        let (row, record) = row?;
        let Some(number) = row.value().last_chunk() else {
            continue;
        };
        parts.insert(
            u32::from_be_bytes(*number),
            serde_json::from_slice(record.value())?,
        );
    }
    Ok(parts)
}

fn upload_row(bucket: &str, key: &str, id: &UploadId) -> Vec<u8> {
    [row_key(bucket, key).as_slice(), &[0], id.0.as_bytes()].concat()
}

fn part_row(id: &UploadId, number: u32) -> Vec<u8> {
    [id.0.as_bytes(), &number.to_be_bytes()].concat()
}
