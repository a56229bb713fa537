//! Completion: whether S3 holds what was authorised.

use keyfront_names::KeyArn;

use super::{Checksum, Kind, Upload};
use crate::{
    error::Error,
    object::{CONTENT_HEADERS, StoredObject, StoredPart},
};

/// The object under the key is absent or another upload's.
pub fn missing(upload: &Upload) -> Error {
    match upload.kind {
        Kind::Multipart(_) => Error::UploadUnknown,
        Kind::Put | Kind::Form => Error::UploadIncomplete(
            "the object under the key does not belong to this upload: it was not sent yet, or was replaced"
                .to_owned(),
        ),
    }
}

/// Checks that S3 holds every byte of the upload and no more.
///
/// Parts of two lengths are of two divisions of a file: what they make is none, and no checksum would tell where the
/// client declares none. Only the last part may be shorter.
///
/// # Errors
/// [`Error::UploadIncomplete`] while bytes are missing, [`Error::UploadMismatch`] if there are too many, or parts of
/// different lengths.
pub fn check_parts(upload: &Upload, parts: &[StoredPart]) -> Result<(), Error> {
    let gapless = (1..).zip(parts).all(|(number, part)| part.number == number);
    let held: u64 = parts.iter().map(|part| part.size).sum();
    if let ([first, ..], Some((last, others))) = (parts, parts.split_last())
        && (last.size > first.size || others.iter().any(|part| part.size != first.size))
    {
        return Err(Error::UploadMismatch("length of parts"));
    }
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

/// Checks that the stored object is the authorised one.
///
/// # Errors
/// [`Error::UploadMismatch`] with the first property that differs.
pub fn check_object(upload: &Upload, key: &KeyArn, stored: &StoredObject) -> Result<(), Error> {
    let size = match upload.size {
        Some(size) => stored.size == size,
        None => stored.size <= upload.max_size,
    };
    let checksum = match &upload.checksum {
        None => true,
        Some(sum @ Checksum::Sha256(_)) => stored.sha256.as_deref() == Some(sum.value()),
        Some(sum @ Checksum::Crc64Nvme(_)) => stored.crc64nvme.as_deref() == Some(sum.value()),
    };
    let requested = upload.encryption.server_side().request(key);
    for (holds, name) in [
        (size, "size"),
        (checksum, "checksum"),
        (requested.is_met_by(&stored.encryption), "encryption"),
    ] {
        if !holds {
            return Err(Error::UploadMismatch(name));
        }
    }
    let authorised = upload.attributes().headers();
    for (name, value) in CONTENT_HEADERS.iter().zip(&stored.content_headers) {
        let expected = authorised.iter().find(|(own, _)| own == name);
        let expected = expected.map_or("", |(_, value)| value.as_str());
        if value.as_deref().unwrap_or("") != expected {
            return Err(Error::UploadMismatch(name));
        }
    }
    Ok(())
}
