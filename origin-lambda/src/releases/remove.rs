//! Removing a release, in pages.

use std::time::{Duration, Instant};

use keyfront_origin_core::{
    error::ReleaseConflict,
    releases::{
        ReleaseId, keys,
        removal::{Standing, admit},
    },
};

use super::{KnownPointer, ReleasePath, Releases, now};
use crate::error::Error;

/// How long one call takes, about.
const PAGE: Duration = Duration::from_secs(8);
/// Objects that S3 deletes in one call.
const BATCH: u16 = 1000;

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Objects that were deleted.
    pub(crate) removed: usize,
    /// Whether some are left.
    pub(crate) more: bool,
}

impl Releases<'_> {
    /// Removes a page of a release that nobody needs.
    ///
    /// # Errors
    /// [`Error::ReleaseConflict`] says who needs it; [`Error::NotFound`]; what S3 returned.
    pub(crate) async fn remove(&self, of: ReleasePath<'_>) -> Result<Removed, Error> {
        let end = Instant::now() + PAGE;
        let known = self.pointer(of.site).await?;
        if let Some(known) = &known {
            self.admit_removal(of, known).await?;
        }
        // From here on it can neither be activated nor verified.
        let documents = [
            keys::verified(of.site, &of.id),
            keys::manifest(of.site, &of.id),
        ];
        let below = keys::release_prefix(of.site, &of.id);
        let mut listed = self.store.raw_keys(&below, None, BATCH).await?;
        if listed.keys.is_empty() {
            return Err(Error::NotFound);
        }
        let had_record = self.store.has_own(&documents[0]).await?;
        self.store.delete_own(&documents).await?;
        if had_record && let Some(known) = &known {
            self.fence(of, known).await?;
        }
        let mut removed = 0;
        loop {
            let keys: Vec<String> = listed.keys.into_iter().map(|(key, _)| key).collect();
            self.store.delete_own(&keys).await?;
            removed += keys.len();
            match listed.more_after {
                Some(_) if Instant::now() >= end => {
                    return Ok(Removed {
                        removed,
                        more: true,
                    });
                }
                Some(last) => {
                    listed = self.store.raw_keys(&below, Some(&last), BATCH).await?;
                }
                None => {
                    return Ok(Removed {
                        removed,
                        more: false,
                    });
                }
            }
        }
    }

    async fn admit_removal(&self, of: ReleasePath<'_>, known: &KnownPointer) -> Result<(), Error> {
        let pointer = &known.pointer;
        let active = ReleasePath {
            site: of.site,
            id: pointer.active(),
        };
        let manifest = self.kept.manifests.read(self.store, active).await?;
        let keep = manifest.iter().flat_map(|manifest| manifest.keep());
        let kept_from: Vec<ReleaseId> = keep.map(|kept| kept.from).collect();
        let standing = Standing {
            pointer,
            is_everywhere: self
                .invalidated_at(of.site, pointer.entry().n)
                .await?
                .is_some(),
            kept_from: &kept_from,
        };
        Ok(admit(standing, of.id, now()?)?)
    }

    /// Moves the pointer's entity tag, so that an activation that saw the record before it was taken away cannot swap: it would
    /// activate what is being removed. S3 gives what is encrypted with KMS a new tag at every write.
    async fn fence(&self, of: ReleasePath<'_>, known: &KnownPointer) -> Result<(), Error> {
        let key = keys::pointer(of.site);
        let moved = self.store.rewrite_own(&key, &known.bytes, &known.etag);
        moved.await.map_err(|error| match error {
            Error::Precondition | Error::WriteConflict => {
                ReleaseConflict::InProgress(of.site.to_string()).into()
            }
            error => error,
        })
    }
}
