//! Manifests read from the bucket. What one says of itself is its name, so that a manifest that was read stays right.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use keyfront_origin_core::releases::{MAX_MANIFEST_BYTES, Manifest, ReleaseId, Sha256Digest, keys};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex as AsyncMutex;

use super::{
    failure::{in_full, incomplete},
    path::ReleasePath,
};
use crate::{
    error::Error,
    store::{Store, arriving},
};

/// The old and the new one of an activation.
const KEPT: usize = 2;

/// The manifests used last.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    kept: Mutex<VecDeque<(ReleaseId, Arc<Manifest>)>>,
    /// One at a time is read: each may have 64 MiB.
    reading: AsyncMutex<()>,
}

impl Manifests {
    /// The manifest of a release; `None` if it is not in the bucket.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`]: it is no manifest of this release; what S3 returned.
    pub(super) async fn read(
        &self,
        store: &Store,
        of: ReleasePath<'_>,
    ) -> Result<Option<Arc<Manifest>>, Error> {
        if let Some(kept) = self.kept(of.id) {
            return own_site(kept, of).map(Some);
        }
        let _one = self.reading.lock().await;
        if let Some(kept) = self.kept(of.id) {
            return own_site(kept, of).map(Some);
        }
        let Some(bytes) = fetch(store, of).await? else {
            return Ok(None);
        };
        let manifest = Manifest::parse(&bytes).map_err(|error| {
            incomplete(&format!("its manifest is invalid: {}", in_full(&error)))
        })?;
        drop(bytes);
        let manifest = own_site(Arc::new(manifest), of)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front((of.id, Arc::clone(&manifest)));
        Ok(Some(manifest))
    }

    fn kept(&self, id: ReleaseId) -> Option<Arc<Manifest>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| *known == id);
        found.map(|(_, manifest)| Arc::clone(manifest))
    }
}

fn own_site(manifest: Arc<Manifest>, of: ReleasePath<'_>) -> Result<Arc<Manifest>, Error> {
    match manifest.site() == of.site {
        true => Ok(manifest),
        false => Err(incomplete("its manifest is of another site")),
    }
}

/// The bytes of a manifest, if they are those that its name is the hash of.
async fn fetch(store: &Store, of: ReleasePath<'_>) -> Result<Option<Vec<u8>>, Error> {
    let key = keys::manifest(of.site, &of.id);
    let Some(mut object) = store.open_own(&key, 0, None).await? else {
        return Ok(None);
    };
    let too_large = || incomplete("its manifest has more than 64 MiB");
    let size = usize::try_from(object.size).ok();
    let size = size.filter(|size| *size <= MAX_MANIFEST_BYTES);
    let size = size.ok_or_else(too_large)?;
    let mut bytes = Vec::with_capacity(size);
    let mut hash = Sha256::new();
    while let Some(piece) = arriving::next(&mut object.body).await? {
        hash.update(&piece);
        bytes.extend_from_slice(&piece);
        if bytes.len() > size {
            return Err(too_large());
        }
    }
    match Sha256Digest::from_bytes(hash.finalize().into()) == *of.id.digest() {
        true => Ok(Some(bytes)),
        false => Err(incomplete("its manifest is not the one its id names")),
    }
}
