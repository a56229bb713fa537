//! Parts of an upload under way: signed in batches just before they are sent, listed so that a lost
//! client can go on, given up.

use keyfront_origin_core::uploads::{PartChecksums, Upload, plan_parts};

use super::{Grant, PresignRequest, Presigner};
use crate::{
    error::Error,
    object::StoredPart,
    store::{MultipartUpload, Store},
};

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
    let requests = plan_parts(upload, parts, presigner.checksums())?;
    let mut grants = Vec::with_capacity(requests.len());
    for part in requests {
        let number = part.number.to_string();
        let request = PresignRequest {
            method: "PUT",
            key: key.as_str(),
            parameters: &[("partNumber", number.as_str()), ("uploadId", id)],
            headers: part.headers,
        };
        grants.push((part.number, presigner.presign(request, lifetime).await?));
    }
    Ok(grants)
}

/// The parts S3 holds.
///
/// # Errors
/// [`Error::UploadUnknown`] once the upload was completed or aborted; what S3 returned.
pub async fn parts(store: &Store, upload: &Upload) -> Result<Vec<StoredPart>, Error> {
    let key = upload.object_key()?;
    let multipart = MultipartUpload {
        key: &key,
        id: upload.multipart_id()?,
    };
    let parts = store.list_parts(multipart).await;
    parts.map_err(|error| match error {
        Error::NotFound => Error::UploadUnknown,
        error => error,
    })
}

/// Gives an upload up: its parts are gone, and its presigned requests store nothing any more. What a
/// single request stored already stays; that is for `DELETE /objects` to remove.
///
/// # Errors
/// What S3 returned.
pub async fn abort(store: &Store, upload: &Upload) -> Result<(), Error> {
    store
        .abort_multipart(&upload.key, upload.multipart_id()?)
        .await
}
