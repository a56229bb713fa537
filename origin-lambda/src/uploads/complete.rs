//! Completion: the parts become an object, and what S3 stored is compared with what was authorised.
//! An object of this upload that does not match is removed; another writer's is never touched.

use super::{Checksum, Kind, Upload};
use crate::{
    encryption::ServerSide,
    error::Error,
    store::{Landed, Store, StoredPart},
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

/// Completes an upload and verifies it. Repeating a completed one answers the same.
///
/// # Errors
/// [`Error::UploadIncomplete`] while bytes are missing, [`Error::UploadMismatch`] for bytes that are
/// not the authorised ones, [`Error::AlreadyExists`] if someone else was first.
pub async fn complete(store: &Store, upload: &Upload) -> Result<Finished, Error> {
    let key = upload.object_key()?;
    if let Kind::Multipart(id) = &upload.kind {
        match assemble(store, upload, id).await {
            // An earlier answer may have been lost: what lies under the key tells.
            Ok(()) | Err(Error::UploadUnknown | Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let landed = match store.landed(&key).await {
        Err(Error::NotFound) => return Err(missing(upload)),
        landed => landed?,
    };
    if landed.upload.as_deref() != Some(upload.id.as_str()) {
        return Err(missing(upload));
    }
    if let Err(difference) = compare(store, upload, &landed) {
        store.delete(&key, Some(&landed.etag)).await?;
        return Err(Error::UploadMismatch(difference));
    }
    Ok(Finished {
        etag: landed.etag,
        size: landed.size,
        content_type: upload.content_type.clone(),
    })
}

/// The object under the key is absent or another upload's.
fn missing(upload: &Upload) -> Error {
    match upload.kind {
        Kind::Multipart(_) => Error::UploadUnknown,
        Kind::Put | Kind::Form => Error::UploadIncomplete(
            "the object under the key is not of this upload: it was not sent yet, or replaced"
                .to_owned(),
        ),
    }
}

async fn assemble(store: &Store, upload: &Upload, id: &str) -> Result<(), Error> {
    let key = upload.object_key()?;
    let parts = super::parts(store, upload).await?;
    check_parts(upload, &parts)?;
    let completed = store.complete_multipart(&key, id, upload, &parts).await;
    match completed {
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

/// Pure: whether S3 holds every byte of the upload and no more.
fn check_parts(upload: &Upload, parts: &[StoredPart]) -> Result<(), Error> {
    let gapless = (1..).zip(parts).all(|(number, part)| part.number == number);
    let held: u64 = parts.iter().map(|part| part.size).sum();
    match upload.size {
        Some(size) if held < size || !gapless => Err(Error::UploadIncomplete(format!(
            "S3 holds {held} of {size} bytes"
        ))),
        Some(size) if held > size => Err(Error::UploadMismatch("size")),
        None if parts.is_empty() || !gapless => Err(Error::UploadIncomplete(format!(
            "S3 holds {} parts, with gaps",
            parts.len()
        ))),
        None if held > upload.max_size => Err(Error::UploadMismatch("size")),
        Some(_) | None => Ok(()),
    }
}

/// Pure: the first property of the stored object that is not the authorised one.
fn compare(store: &Store, upload: &Upload, landed: &Landed) -> Result<(), &'static str> {
    let mode = upload.encryption.server_side();
    let key = match mode {
        ServerSide::Kms | ServerSide::DsseKms => Some(store.key_arn().as_str()),
        ServerSide::S3 => None,
    };
    let size = match upload.size {
        Some(size) => landed.size == size,
        None => landed.size <= upload.max_size,
    };
    let checksum = match &upload.checksum {
        None => true,
        Some(sum @ Checksum::Sha256(_)) => landed.sha256.as_deref() == Some(sum.value()),
        Some(sum @ Checksum::Crc64Nvme(_)) => landed.crc64nvme.as_deref() == Some(sum.value()),
    };
    let encryption = landed.sse.as_deref() == Some(mode.header_value())
        && landed.sse_key.as_deref() == key
        && mode.has_bucket_key(landed.bucket_key);
    let content_type = landed.content_type.as_deref() == Some(upload.content_type.as_str());
    for (holds, name) in [
        (size, "size"),
        (checksum, "checksum"),
        (encryption, "encryption"),
        (content_type, "content type"),
    ] {
        if !holds {
            return Err(name);
        }
    }
    Ok(())
}
