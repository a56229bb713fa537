//! Parts of an upload under way: signed in batches just before they are sent, listed so that a lost
//! client can go on, given up.

use std::collections::BTreeMap;

use super::{Checksum, Grant, MAX_PARTS, Presigner, Upload};
use crate::{
    error::Error,
    store::{Store, StoredPart},
};

/// Parts signed in one call at most.
const BATCH: usize = 1000;

/// Part numbers to sign, each with its checksum if one is declared.
pub type PartChecksums = BTreeMap<u32, Option<Checksum>>;

/// Signs parts; each request is bound to its part's number and, where the object's size is known,
/// to its length.
///
/// # Errors
/// There is no such part, or the upload has none; no credentials.
pub async fn sign_parts(
    presigner: &Presigner,
    upload: &Upload,
    parts: &PartChecksums,
    lifetime: u32,
) -> Result<Vec<(u32, Grant)>, Error> {
    let (id, key) = (upload.multipart_id()?, upload.object_key()?);
    if parts.is_empty() || parts.len() > BATCH {
        return Err(Error::UploadRefused(format!(
            "ask for 1 to {BATCH} parts at a time"
        )));
    }
    let mut grants = Vec::with_capacity(parts.len());
    for (&number, checksum) in parts {
        let mut headers = Vec::new();
        headers.extend(length(upload, number)?.map(|bytes| ("content-length", bytes.to_string())));
        headers.extend(
            checksum
                .as_ref()
                .map(|sum| (sum.header(), sum.value().to_owned())),
        );
        let number_text = number.to_string();
        let parameters = [("partNumber", number_text.as_str()), ("uploadId", id)];
        let grant = presigner
            .presign("PUT", &key, &parameters, headers, lifetime)
            .await?;
        grants.push((number, grant));
    }
    Ok(grants)
}

/// Bytes of a part, where the object's size is known.
fn length(upload: &Upload, number: u32) -> Result<Option<u64>, Error> {
    let known = match upload.part_plan() {
        Some(plan) => plan.length_of(number).map(Some),
        None => (1..=MAX_PARTS).contains(&number).then_some(None),
    };
    known.ok_or_else(|| Error::UploadRefused(format!("there is no part {number}")))
}

/// The parts S3 holds.
///
/// # Errors
/// [`Error::UploadUnknown`] once the upload was completed or aborted; what S3 answered.
pub async fn parts(store: &Store, upload: &Upload) -> Result<Vec<StoredPart>, Error> {
    let (id, key) = (upload.multipart_id()?, upload.object_key()?);
    store
        .list_parts(&key, id)
        .await
        .map_err(|error| match error {
            Error::NotFound => Error::UploadUnknown,
            error => error,
        })
}

/// Gives an upload up: its parts are gone, and its presigned requests store nothing any more. What a
/// single request stored already stays; that is for `DELETE /objects` to remove.
///
/// # Errors
/// What S3 answered.
pub async fn abort(store: &Store, upload: &Upload) -> Result<(), Error> {
    store
        .abort_multipart(&upload.key, upload.multipart_id()?)
        .await
}
