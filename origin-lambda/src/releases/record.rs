//! The sealed record that every object of a release was checked, and the filling of the tree that it is of.

use std::{sync::Arc, time::SystemTime};

use keyfront_origin_core::{
    publisher::SiteLimits,
    releases::{FilledTree, Filling, MAX_POINTER_BYTES, Manifest, VerifiedRecord, keys},
};
use serde::{Deserialize, Serialize};

use super::{ReleasePath, Releases, incomplete, no_manifest, now};
use crate::{
    error::Error,
    object::Precondition,
    sealed_text::{Purpose, Recipient},
};

/// The record as it lies in the bucket.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedRecord {
    sealed: String,
    v: u32,
}

impl<'a> ReleasePath<'a> {
    pub(super) const fn filled(self, filling: &'a Filling) -> FilledTree<'a> {
        FilledTree {
            site: self.site,
            release: self.id,
            filling,
        }
    }
}

impl Releases<'_> {
    /// Which filling of a release's tree there is, by its manifest; `None` without one.
    async fn filling(&self, of: ReleasePath<'_>) -> Result<Option<Filling>, Error> {
        let stamp = self.store.own_stamp(&keys::manifest(of.site, &of.id)).await;
        Ok(stamp?.map(|stamp| {
            let written = stamp.modified.duration_since(SystemTime::UNIX_EPOCH);
            Filling::of(&stamp.etag, written.unwrap_or_default().as_secs())
        }))
    }

    /// The manifest of a release that is to be filled or checked, and which filling of it this is.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`]; what S3 returned.
    pub(super) async fn begun(
        &self,
        of: ReleasePath<'_>,
    ) -> Result<(Filling, Arc<Manifest>), Error> {
        // A manifest that was read earlier stays right, and says nothing about whether it is there still.
        let filling = self.filling(of).await?.ok_or_else(no_manifest)?;
        let manifest = self.kept.manifests.read(self.store, of).await?;
        Ok((filling, manifest.ok_or_else(no_manifest)?))
    }

    /// The same of a release that a publisher with these limits may fill.
    ///
    /// # Errors
    /// The limits; [`Error::ReleaseIncomplete`]; what S3 returned.
    pub(super) async fn admitted(
        &self,
        of: ReleasePath<'_>,
        limits: SiteLimits,
    ) -> Result<(Filling, Arc<Manifest>), Error> {
        let (filling, manifest) = self.begun(of).await?;
        limits.admit(&manifest)?;
        Ok((filling, manifest))
    }

    /// Leaves the record of a release whose objects are all there.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`]: it was removed meanwhile; what S3 and KMS returned.
    pub(super) async fn record(
        &self,
        of: ReleasePath<'_>,
        filling: &Filling,
        objects: u64,
    ) -> Result<(), Error> {
        // Removed after this look, it leaves a record of a filling that is over.
        if self.filling(of).await?.as_ref() != Some(filling) {
            return Err(incomplete("it was removed while it was checked"));
        }
        let record = VerifiedRecord::new(of.filled(filling), objects, now()?.to_string());
        let plain = serde_json::to_vec(&record).map_err(|_| Error::Internal)?;
        let sealed = self
            .texts
            .seal(Purpose::Verified, Recipient::ORIGIN, &plain)
            .await?;
        let document = serde_json::to_vec(&SealedRecord { sealed, v: 1 });
        let document = document.map_err(|_| Error::Internal)?;
        let key = keys::verified(of.site, &of.id);
        self.store
            .put_own(&key, &document, &Precondition::None)
            .await
    }

    /// The record of a release, if it is one of the origin's own and of this very filling of its tree.
    ///
    /// The record is read before the manifest is looked at: whoever removes the release takes the manifest, and looks for
    /// a record after that.
    pub(super) async fn verified(
        &self,
        of: ReleasePath<'_>,
    ) -> Result<Option<VerifiedRecord>, Error> {
        let key = keys::verified(of.site, &of.id);
        let Some(document) = self.store.own_document(&key, MAX_POINTER_BYTES).await? else {
            return Ok(None);
        };
        let Ok(SealedRecord { sealed, v: 1 }) = serde_json::from_slice(&document.body) else {
            return Ok(None);
        };
        let plain = self
            .texts
            .open(Purpose::Verified, Recipient::ORIGIN, &sealed)
            .await?;
        let Some(plain) = plain else {
            return Ok(None);
        };
        let filling = self.filling(of).await?;
        Ok(filling.and_then(|filling| VerifiedRecord::read(&plain, of.filled(&filling))))
    }
}
