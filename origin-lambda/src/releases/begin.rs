//! Beginning a release: where its manifest goes, and what is there already.

use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    publisher::SiteLimits,
    releases::{BATCH, MAX_MANIFEST_BYTES, Statement, Tree, document_headers, keys},
};

use super::{ReleasePath, ReleaseState, Releases, in_full, no_manifest};
use crate::{
    error::Error,
    uploads::{Grant, PresignRequest},
};

/// Seconds that a presigned read of a document works.
const READING: u32 = 300;

/// A release that was begun, or found.
#[derive(Debug)]
pub(crate) struct BegunRelease {
    /// `None`: nothing of it is there yet.
    pub(crate) state: Option<ReleaseState>,
    /// Stores its manifest.
    pub(crate) manifest: Grant,
}

/// A document of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    Manifest,
    Signature,
}

impl Releases<'_> {
    /// Begins a release with a manifest of so many bytes.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]: a manifest cannot have this size; what S3 returned.
    pub(crate) async fn begin(
        &self,
        of: ReleasePath<'_>,
        size: u64,
        limits: SiteLimits,
    ) -> Result<BegunRelease, Error> {
        if !(1..=MAX_MANIFEST_BYTES as u64).contains(&size) {
            return Err(Error::UploadRefused(format!(
                "a manifest has 1 to {MAX_MANIFEST_BYTES} bytes, and this one has {size}"
            )));
        }
        let key = keys::manifest(of.site, &of.id);
        let put = PresignRequest {
            method: "PUT",
            key: &key,
            parameters: &[],
            headers: document_headers(self.store.key_arn(), of.id.digest(), size),
        };
        Ok(BegunRelease {
            manifest: self.presigner.presign(put, self.lifetime(limits)).await?,
            state: self.state(of).await?,
        })
    }

    /// A URL that reads a document of a release for some minutes.
    ///
    /// # Errors
    /// [`Error::NotFound`]; what S3 returned.
    pub(crate) async fn read_document(
        &self,
        of: ReleasePath<'_>,
        document: Document,
        limits: SiteLimits,
    ) -> Result<String, Error> {
        let key = match document {
            Document::Manifest => keys::manifest(of.site, &of.id),
            Document::Signature => keys::signature(of.site, &of.id),
        };
        if !self.store.has_own(&key).await? {
            return Err(Error::NotFound);
        }
        let get = PresignRequest {
            method: "GET",
            key: &key,
            parameters: &[],
            headers: Vec::new(),
        };
        let lifetime = READING.min(self.lifetime(limits));
        Ok(self.presigner.presign(get, lifetime).await?.url)
    }

    /// Requests that read objects of a release, in the order of `objects`. Whether they are there is S3's to say.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]: too many at once; [`Error::Key`]: a path that no object has.
    pub(crate) async fn read_objects(
        &self,
        of: ReleasePath<'_>,
        objects: &[(Tree, String)],
        limits: SiteLimits,
    ) -> Result<Vec<Grant>, Error> {
        if objects.is_empty() || objects.len() > BATCH {
            return Err(Error::UploadRefused(format!(
                "request 1 to {BATCH} files at a time"
            )));
        }
        let lifetime = self.lifetime(limits);
        let mut grants = Vec::with_capacity(objects.len());
        for (tree, path) in objects {
            ObjectKey::new(path.as_str()).map_err(Error::Key)?;
            let get = PresignRequest {
                method: "GET",
                key: &keys::object(of.site, &of.id, *tree, path),
                parameters: &[],
                headers: Vec::new(),
            };
            grants.push(self.presigner.presign(get, lifetime).await?);
        }
        Ok(grants)
    }

    /// Seconds that a presigned request works which is signed for a publisher with these limits.
    pub(super) fn lifetime(&self, limits: SiteLimits) -> u32 {
        let longest = self.presigner.longest_lifetime();
        longest.min(limits.max_lifetime.into())
    }

    /// Stores the signature of a release whose manifest is there.
    ///
    /// # Errors
    /// Its form; [`Error::ReleaseIncomplete`]; what S3 returned.
    pub(crate) async fn sign(&self, of: ReleasePath<'_>, envelope: &[u8]) -> Result<(), Error> {
        Statement::claimed(envelope, of.site, of.id)
            .map_err(|error| Error::UploadRefused(in_full(&error)))?;
        if !self.store.has_own(&keys::manifest(of.site, &of.id)).await? {
            return Err(no_manifest());
        }
        let key = keys::signature(of.site, &of.id);
        self.store
            .put_own(&key, envelope, &crate::object::Precondition::None)
            .await
    }
}
