//! Which release of a site is active: what its pointer says, and what the manifest says of the path that is asked for.

use anyhow::Context as _;
use keyfront_releases::{MAX_MANIFEST_BYTES, Manifest, Pointer, ReleaseId, SiteName, keys};

use super::{
    access::Access,
    evidence::{ActiveRelease, ReleasedFile},
};
use crate::{aws::call_error, s3_document::S3Document, web_target::Reply};

/// A pointer as the bucket has it.
pub(super) struct PointerReply {
    site: SiteName,
    pointer: Pointer,
}

impl PointerReply {
    /// # Errors
    /// Why there is no pointer to go by.
    pub(super) fn read(site: &str, reply: &Reply) -> Result<Self, String> {
        let site = SiteName::new(site).map_err(|error| error.to_string())?;
        let key = keys::pointer(&site);
        if !reply.status.is_success() {
            let code = S3Document::read(&reply.beginning).map(|document| document.code);
            let code = code.unwrap_or_default();
            let status = reply.status.as_u16();
            return Err(match status {
                404 => format!("the bucket has no {key}: no release of {site} was ever activated"),
                _ => format!("the operator's read of {key} returns {status} {code}"),
            });
        }
        let pointer = Pointer::parse(&reply.beginning)
            .map_err(|error| format!("{key} is not a pointer: {:#}", anyhow::Error::new(error)))?;
        Ok(Self { site, pointer })
    }

    /// What is active, and what its manifest says of the object with this key.
    pub(super) async fn active(&self, access: &Access, key: &str) -> ActiveRelease {
        let entry = self.pointer.entry();
        ActiveRelease {
            site: self.site.to_string(),
            id: entry.release.to_string(),
            since: entry.at.to_string(),
            by: entry.by.clone(),
            n: entry.n,
            file: self.file(access, key).await.into(),
        }
    }

    async fn file(&self, access: &Access, key: &str) -> anyhow::Result<ReleasedFile> {
        let id = self.pointer.active();
        let within = key.strip_prefix(&keys::release_prefix(&self.site, &id));
        // Without a viewer's Accept-Encoding the file itself is asked for.
        let path = within.and_then(|within| within.strip_prefix("files/"));
        let path = path.context("the path is a document of the release, not a file")?;
        let manifest = self.manifest(access, &id).await?;
        let file = manifest.file(path);
        let objects = file.into_iter().flat_map(|file| file.objects());
        Ok(ReleasedFile {
            path: path.to_owned(),
            hashes: objects.map(|object| object.sha256.to_string()).collect(),
        })
    }

    async fn manifest(&self, access: &Access, id: &ReleaseId) -> anyhow::Result<Manifest> {
        let key = keys::manifest(&self.site, id);
        let bucket = access.bucket.as_ref();
        let bucket = bucket.context("the bucket is unknown; give --bucket")?;
        let call = access.s3().get_object().bucket(bucket).key(&key);
        let unread = || format!("{key} cannot be read");
        let object = call.send().await.map_err(call_error);
        let object = object.with_context(unread)?;
        // Before it is read into memory.
        let size = object
            .content_length
            .and_then(|size| usize::try_from(size).ok());
        anyhow::ensure!(
            size.is_some_and(|size| size <= MAX_MANIFEST_BYTES),
            "{key} is larger than any manifest: it was altered"
        );
        let bytes = object.body.collect().await.with_context(unread)?;
        let bytes = bytes.into_bytes();
        anyhow::ensure!(
            ReleaseId::of_manifest(&bytes) == *id,
            "{key} is not the manifest of its release: it was altered"
        );
        Ok(Manifest::parse(&bytes)?)
    }
}
