//! One object on its way to S3 by a presigned request.

use std::{io, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use keyfront_releases::{Tree, TreeObject};

use super::{compression::compressed, destination::Destination};
use crate::{
    http_client::{Failure, Payload, with_attempts},
    release_api::{Declared, Presigned, UploadGrant},
    s3_document::S3Document,
};

/// Up to which an object is one request.
const ONE_REQUEST: u64 = 64 << 20;
/// Up to which a file is read at once.
const SMALL: u64 = 512 * 1024;

/// Sends objects of a release.
pub(super) struct Uploader<'a> {
    pub(super) to: &'a Destination<'a>,
}

/// The grant does not work any more.
#[derive(Debug, thiserror::Error)]
#[error("the presigned request has expired")]
pub(super) struct Expired;

impl<'a> Uploader<'a> {
    pub(super) const fn new(to: &'a Destination<'a>) -> Self {
        Self { to }
    }

    pub(super) const fn is_large(object: &TreeObject<'_>) -> bool {
        object.size > ONE_REQUEST
    }

    /// Requests that send these objects, side by side with them.
    pub(super) async fn grants<'o>(
        &self,
        objects: &[TreeObject<'o>],
    ) -> anyhow::Result<Vec<(TreeObject<'o>, UploadGrant)>> {
        self.grants_of(objects, None).await
    }

    /// The same; with the token of an upload in parts, that one goes on.
    pub(super) async fn grants_of<'o>(
        &self,
        objects: &[TreeObject<'o>],
        token: Option<&str>,
    ) -> anyhow::Result<Vec<(TreeObject<'o>, UploadGrant)>> {
        let Destination { api, id, .. } = self.to;
        let declared = objects.iter().map(Declared::from);
        let declared = declared.map(|declared| declared.of_upload(token));
        let declared: Vec<_> = declared.collect();
        let grants = api.uploads(*id, &declared).await?;
        ensure!(
            grants.len() == objects.len(),
            "the API returned {} objects where {} were requested",
            grants.len(),
            objects.len()
        );
        let pairs = objects.iter().copied().zip(grants);
        let pairs = pairs.map(|(object, grant)| {
            let same = grant.place() == (object.tree, object.path);
            ensure!(same, "the API returned {:?} out of order", object.path);
            Ok((object, grant))
        });
        pairs.collect()
    }

    /// Sends an object by one request. One that expired while others were sent is asked for again.
    pub(super) async fn put(
        &self,
        object: TreeObject<'_>,
        grant: UploadGrant,
    ) -> anyhow::Result<()> {
        let UploadGrant::Put { request, .. } = grant else {
            bail!("the API requires a multipart upload for {:?}", object.path);
        };
        let payload = self.payload(&object).await?;
        let mut sent = self.put_once(&object, &request, &payload).await;
        if sent.as_ref().is_err_and(|error| error.is::<Expired>()) {
            let fresh = self.grants(&[object]).await?.pop();
            let Some((_, UploadGrant::Put { request, .. })) = fresh else {
                bail!("the API requires a multipart upload for {:?}", object.path);
            };
            sent = self.put_once(&object, &request, &payload).await;
        }
        sent.with_context(|| format!("{} cannot be sent", object.path))?;
        self.to.progress.count(1, object.size);
        Ok(())
    }

    async fn put_once(
        &self,
        object: &TreeObject<'_>,
        request: &Presigned,
        payload: &Payload,
    ) -> anyhow::Result<()> {
        with_attempts(async || {
            let answer = self.to.api.send_presigned(request, payload.clone());
            let (status, headers, body) = answer.await.map_err(file_or_network)?;
            match status.as_u16() {
                200..=299 => Ok(()),
                // It is there: an earlier attempt came through, or an earlier run. Checking compares it.
                412 => Ok(()),
                // Another request for the same key is under way.
                409 => Err(Failure::Again(refusal(status, &body), None)),
                _ => Err(refused(object, status, &headers, &body)),
            }
        })
        .await
    }

    async fn payload(&self, object: &TreeObject<'_>) -> anyhow::Result<Payload> {
        let path = self.place(object);
        let bytes = match object.tree {
            Tree::Files if object.size > SMALL => {
                return Ok(Payload::File {
                    path,
                    offset: 0,
                    length: object.size,
                });
            }
            Tree::Files => tokio::fs::read(&path).await,
            Tree::Br | Tree::Gzip => self.compressed(object).await,
        };
        let bytes = bytes.with_context(|| format!("{} cannot be read", path.display()))?;
        ensure!(bytes.len() as u64 == object.size, changed(object));
        Ok(Payload::Bytes(Bytes::from(bytes)))
    }

    async fn compressed(&self, object: &TreeObject<'_>) -> io::Result<Vec<u8>> {
        let file = self.to.manifest.file(object.path).cloned();
        let file = file.ok_or(io::ErrorKind::NotFound)?;
        let (root, tree) = (Arc::<std::path::Path>::from(self.to.root), object.tree);
        let compressed = tokio::task::spawn_blocking(move || compressed(&root, &file, tree));
        compressed.await?.map_err(io::Error::other)
    }

    pub(super) fn place(&self, object: &TreeObject<'_>) -> PathBuf {
        self.to.root.join(object.path)
    }
}

fn changed(object: &TreeObject<'_>) -> anyhow::Error {
    anyhow::anyhow!(
        "{} changed after it was read: nothing was activated; publish again once it stops changing",
        object.path
    )
}

/// A file that cannot be read does not become readable by trying.
pub(super) fn file_or_network(error: anyhow::Error) -> Failure {
    let of_file = error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| {
            matches!(
                cause.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::IsADirectory
            )
        })
    });
    match of_file {
        true => Failure::Final(error),
        false => Failure::of_transport(error),
    }
}

/// Why S3 did not take an object or a part of one.
pub(super) fn refused(
    object: &TreeObject<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Failure {
    let document = S3Document::read(body).unwrap_or_default();
    match (status.as_u16(), document.code.as_str()) {
        (403, "AccessDenied") if document.message.contains("expired") => {
            Failure::Final(Expired.into())
        }
        // The session that signed it has.
        (400, "ExpiredToken") => Failure::Final(Expired.into()),
        (400, "BadDigest" | "XAmzContentChecksumMismatch") => Failure::Final(changed(object)),
        _ => Failure::of(status, headers, refusal(status, body)),
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    let S3Document { code, message, .. } = S3Document::read(body).unwrap_or_default();
    anyhow::anyhow!("S3 returned {status} {code} {message}")
}
