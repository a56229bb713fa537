//! Completion: the parts become an object, and what S3 stored is compared with what was authorised.
//! An object of this upload that does not match is removed; another writer's is never touched.

use keyfront_names::ObjectKey;
use keyfront_origin_core::uploads::{Checksum, Kind, Upload, check_object, check_parts, missing};

use crate::{
    error::Error,
    object::{Precondition, StoredObject},
    store::{MultipartUpload, Store},
};

/// A completed upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The media type it is stored with.
    pub content_type: String,
}

/// Completes an upload and verifies it. Repeating a completed one returns the same.
///
/// # Errors
/// [`Error::UploadIncomplete`] while bytes are missing, [`Error::UploadMismatch`] for bytes that are
/// not the authorised ones, [`Error::AlreadyExists`] if someone else was first.
pub async fn complete(store: &Store, upload: &Upload) -> Result<Finished, Error> {
    let key = upload.object_key()?;
    if let Kind::Multipart(id) = &upload.kind {
        match assemble(store, upload, id).await {
            // An earlier response may have been lost: what lies under the key decides.
            Ok(()) | Err(Error::UploadUnknown | Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let stored = stored_by(store, upload, &key).await?;
    let stored = stored.ok_or_else(|| missing(upload))?;
    if let Err(mismatch) = check_object(upload, store.key_arn(), &stored) {
        store.delete(&key, Some(&stored.etag)).await?;
        return Err(mismatch);
    }
    Ok(Finished {
        etag: stored.etag,
        size: stored.size,
        content_type: upload.content_type.clone(),
    })
}

/// Removes what an upload stored, unless something else lies under its key by now; says whether it did.
///
/// # Errors
/// What S3 returned.
pub async fn take_back(store: &Store, upload: &Upload, key: &ObjectKey) -> Result<bool, Error> {
    let Some(stored) = stored_by(store, upload, key).await? else {
        return Ok(false);
    };
    match store.delete(key, Some(&stored.etag)).await {
        Ok(()) => Ok(true),
        Err(Error::Precondition) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What lies under the key, if this upload stored it.
async fn stored_by(
    store: &Store,
    upload: &Upload,
    key: &ObjectKey,
) -> Result<Option<StoredObject>, Error> {
    let stored = match store.stored_object(key).await {
        // No upload of ours is under a customer key: it is another writer's.
        Err(Error::NotFound | Error::CustomerKeyRequired) => return Ok(None),
        stored => stored?,
    };
    let is_its_own = stored.upload.as_deref() == Some(upload.id.as_str());
    Ok(is_its_own.then_some(stored))
}

async fn assemble(store: &Store, upload: &Upload, id: &str) -> Result<(), Error> {
    let key = upload.object_key()?;
    let parts = super::parts(store, upload).await?;
    if let Err(error) = check_parts(upload, &parts) {
        // More cannot make them right.
        if matches!(error, Error::UploadMismatch(_)) {
            store.abort_multipart(&upload.key, id).await?;
        }
        return Err(error);
    }
    let crc64nvme = match &upload.checksum {
        Some(checksum @ Checksum::Crc64Nvme(_)) => Some(checksum.value()),
        Some(Checksum::Sha256(_)) | None => None,
    };
    let precondition = if upload.overwrite {
        Precondition::None
    } else {
        Precondition::Absent
    };
    let multipart = MultipartUpload { key: &key, id };
    let completed = store.complete_multipart(multipart, &parts, crc64nvme, &precondition);
    match completed.await {
        // Neither can ever succeed: the parts would only cost.
        Err(error @ (Error::AlreadyExists | Error::Checksum)) => {
            store.abort_multipart(&upload.key, id).await?;
            Err(match error {
                Error::Checksum => Error::UploadMismatch("checksum"),
                error => error,
            })
        }
        completed => completed,
    }
}
