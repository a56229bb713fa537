//! One object on its way to S3: by a presigned request, or by one for each of its parts.

use std::{io, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{StatusCode, header};
use keyfront_releases::{Tree, TreeObject};

use super::{compression::compressed, destination::Destination};
use crate::{
    http_client::{Failure, Payload, with_attempts},
    release_api::{Declared, Presigned, UploadGrant},
};

/// Up to which an object is one request.
const ONE_REQUEST: u64 = 64 << 20;
/// Up to which a file is read at once.
const SMALL: u64 = 512 * 1024;

/// Sends objects of a release.
pub(super) struct Uploader<'a> {
    to: &'a Destination<'a>,
}

/// The grant does not work any more.
#[derive(Debug, thiserror::Error)]
#[error("the presigned request has expired")]
struct Expired;

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
        let Destination { api, id, .. } = self.to;
        let declared: Vec<_> = objects.iter().map(Declared::from).collect();
        let grants = api.uploads(*id, &declared).await?;
        ensure!(
            grants.len() == objects.len(),
            "the API answers for {} objects where {} were asked for",
            grants.len(),
            objects.len()
        );
        let pairs = objects.iter().copied().zip(grants);
        let pairs = pairs.map(|(object, grant)| {
            let same = grant.place() == (object.tree, object.path);
            ensure!(same, "the API answers for {:?} out of turn", object.path);
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
            bail!("the API wants {:?} in parts", object.path);
        };
        let payload = self.payload(&object).await?;
        let mut sent = self.put_once(&object, &request, &payload).await;
        if sent.as_ref().is_err_and(|error| error.is::<Expired>()) {
            let fresh = self.grants(&[object]).await?.pop();
            let Some((_, UploadGrant::Put { request, .. })) = fresh else {
                bail!("the API wants {:?} in parts", object.path);
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
                403 if has_code(&body, "AccessDenied") && has_text(&body, "expired") => {
                    Err(Failure::Final(Expired.into()))
                }
                400 if has_code(&body, "BadDigest")
                    || has_code(&body, "XAmzContentChecksumMismatch") =>
                {
                    Err(Failure::Final(changed(object)))
                }
                _ => Err(Failure::of(status, &headers, refusal(status, &body))),
            }
        })
        .await
    }

    /// Sends an object in parts, and has them put together.
    pub(super) async fn send_parts(&self, object: TreeObject<'_>) -> anyhow::Result<()> {
        let Destination {
            api, id, transfers, ..
        } = self.to;
        let grant = self.grants(&[object]).await?.pop();
        let Some((
            _,
            UploadGrant::Parts {
                token,
                part_size,
                parts,
                ..
            },
        )) = grant
        else {
            bail!("the API wants {:?} in one request", object.path);
        };
        ensure!(
            part_size > 0 && object.size.div_ceil(part_size) == parts.len() as u64,
            "the API's parts of {:?} do not add up",
            object.path
        );
        let numbered = parts.into_iter().enumerate();
        let sent =
            stream::iter(numbered.map(|(at, url)| self.send_part(object, at, part_size, url)))
                .buffered((*transfers).min(8));
        let sent: Vec<(usize, String)> = sent.try_collect().await?;
        api.complete(*id, &token, &sent)
            .await
            .with_context(|| format!("{} cannot be completed", object.path))?;
        self.to.progress.count(1, 0);
        Ok(())
    }

    /// Number and entity tag of a part.
    async fn send_part(
        &self,
        object: TreeObject<'_>,
        at: usize,
        part_size: u64,
        url: String,
    ) -> anyhow::Result<(usize, String)> {
        let offset = at as u64 * part_size;
        let payload = Payload::File {
            path: self.place(&object),
            offset,
            length: part_size.min(object.size - offset),
        };
        let request = Presigned {
            url,
            headers: std::collections::BTreeMap::new(),
        };
        let etag = with_attempts(async || {
            let answer = self.to.api.send_presigned(&request, payload.clone());
            let (status, headers, body) = answer.await.map_err(file_or_network)?;
            if !status.is_success() {
                return Err(Failure::of(status, &headers, refusal(status, &body)));
            }
            let etag = headers
                .get(header::ETAG)
                .and_then(|etag| etag.to_str().ok());
            let etag = etag.map(str::to_owned);
            etag.ok_or_else(|| Failure::Final(anyhow::anyhow!("S3 names no entity tag")))
        })
        .await
        .with_context(|| format!("part {} of {} cannot be sent", at + 1, object.path))?;
        self.to.progress.count(0, payload.length());
        Ok((at + 1, etag))
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

    fn place(&self, object: &TreeObject<'_>) -> PathBuf {
        self.to.root.join(object.path)
    }
}

fn changed(object: &TreeObject<'_>) -> anyhow::Error {
    anyhow::anyhow!(
        "{} changed after it was read: nothing was activated; publish again once it rests",
        object.path
    )
}

/// A file that cannot be read does not become readable by trying.
fn file_or_network(error: anyhow::Error) -> Failure {
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

fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    let text = String::from_utf8_lossy(body);
    let between = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let code = between("Code").unwrap_or_default();
    let message = between("Message").unwrap_or_default();
    anyhow::anyhow!("S3 answers {status} {code} {message}")
}

fn has_code(body: &[u8], code: &str) -> bool {
    has_text(body, &format!("<Code>{code}</Code>"))
}

fn has_text(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}
