//! Releases of sites in the bucket: begun, uploaded, verified, activated, listed and removed; and the CDN that forgets what an
//! activation replaced.
//!
//! What may be done, and what a request is bound to, is decided in [`keyfront_origin_core::releases`].

mod activate;
mod batch;
mod begin;
mod copies;
mod describe;
mod failure;
mod listing;
mod log;
mod manifests;
mod path;
mod queue;
mod record;
mod remove;
mod settle;
mod trees;
mod uploads;
mod verify;

use std::time::Duration;

use keyfront_origin_core::releases::{MAX_POINTER_BYTES, Pointer, SiteName, Timestamp, keys};

pub(crate) use self::{
    activate::Activation,
    begin::Document,
    copies::CopyRequest,
    describe::{DescribedRelease, ReleaseState},
    listing::LogPosition,
    path::ReleasePath,
    queue::ReleaseQueue,
    settle::Settled,
    trees::TreePosition,
    uploads::{BegunParts, BegunUpload},
};
use self::{
    failure::{altered, altered_log, in_full, incomplete, no_manifest},
    manifests::Manifests,
};
use crate::{
    config::Config, error::Error, invalidation::Cdn, sealed_text::SealedTexts, store::Store,
    uploads::Presigner,
};

/// What an origin keeps between requests about releases.
#[derive(Debug)]
pub(crate) struct KeptForReleases {
    manifests: Manifests,
    queue: Option<ReleaseQueue>,
    settling: Duration,
}

impl KeptForReleases {
    pub(crate) fn new(
        config: &Config,
        credentials: &aws_credential_types::provider::SharedCredentialsProvider,
    ) -> Self {
        Self {
            manifests: Manifests::default(),
            queue: ReleaseQueue::new(config, credentials),
            settling: config.releases.settling,
        }
    }
}

/// What work on releases needs of the system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Releases<'a> {
    pub(crate) store: &'a Store,
    pub(crate) presigner: &'a Presigner,
    pub(crate) texts: &'a SealedTexts,
    pub(crate) cdn: &'a Cdn,
    pub(crate) kept: &'a KeptForReleases,
}

/// A pointer, and the entity tag of the object it was read from.
#[derive(Debug, Clone)]
struct KnownPointer {
    pointer: Pointer,
    etag: String,
    bytes: bytes::Bytes,
}

impl Releases<'_> {
    /// The pointer of a site; `None` if nothing was activated yet.
    async fn pointer(&self, site: &SiteName) -> Result<Option<KnownPointer>, Error> {
        let key = keys::pointer(site);
        let document = self.store.own_document(&key, MAX_POINTER_BYTES).await?;
        let Some(document) = document else {
            return Ok(None);
        };
        let pointer = Pointer::parse(&document.body);
        let pointer = pointer.map_err(|error| altered(&key, error))?;
        Ok(Some(KnownPointer {
            pointer,
            etag: document.etag,
            bytes: document.body,
        }))
    }
}

/// Now, as documents have it.
fn now() -> Result<Timestamp, Error> {
    Timestamp::from_epoch_seconds(crate::uploads::unix_time()).map_err(|_| Error::Internal)
}
