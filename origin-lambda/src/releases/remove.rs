//! Removing a release, in pages.

use std::{
    slice,
    time::{Duration, Instant},
};

use keyfront_origin_core::{
    error::ReleaseConflict,
    releases::{
        LogEntry, Pointer, ReleaseId, keys,
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
        let below = keys::release_prefix(of.site, &of.id);
        let mut listed = self.store.raw_keys(&below, None, BATCH).await?;
        let is_empty = listed.keys.is_empty();
        if !is_empty {
            self.withdraw(of, known.as_ref()).await?;
        }
        // None is begun any more: there is no manifest.
        match self.abort_uploads(&below, end).await? {
            0 if is_empty => return Err(Error::NotFound),
            _ if Instant::now() >= end => {
                return Ok(Removed {
                    removed: 0,
                    more: true,
                });
            }
            _ => {}
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

    /// Gives up the uploads under way below a prefix, until `end`, and counts them.
    async fn abort_uploads(&self, below: &str, end: Instant) -> Result<usize, Error> {
        let mut aborted = 0;
        loop {
            let page = self.store.multiparts_under_way(below).await?;
            if page.is_empty() {
                return Ok(aborted);
            }
            for upload in page {
                if Instant::now() >= end {
                    return Ok(aborted);
                }
                if let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) {
                    self.store.abort_multipart(key, id).await?;
                    aborted += 1;
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
        let pending = self.pending_successor(of, pointer).await?;
        let standing = Standing {
            pointer,
            pending: pending.as_slice(),
            kept_from: &kept_from,
        };
        Ok(admit(standing, of.id, now()?)?)
    }

    /// The last activation that replaced a release, as long as it is not everywhere.
    async fn pending_successor(
        &self,
        of: ReleasePath<'_>,
        pointer: &Pointer,
    ) -> Result<Option<LogEntry>, Error> {
        let replaced = |entry: &LogEntry| entry.replaced == Some(of.id);
        let Some(entry) = self.newest_entry(of.site, pointer, replaced).await? else {
            return Ok(None);
        };
        let is_everywhere = self.invalidated_at(of.site, entry.n).await?.is_some();
        Ok((!is_everywhere).then_some(entry))
    }

    /// Sees to it that a release can neither be verified nor activated any more, by requests under way neither. It is
    /// finished by the next call, wherever it breaks off.
    async fn withdraw(
        &self,
        of: ReleasePath<'_>,
        known: Option<&KnownPointer>,
    ) -> Result<(), Error> {
        let record = keys::verified(of.site, &of.id);
        let manifest = keys::manifest(of.site, &of.id);
        let mut etag = match known {
            Some(known) => known.etag.clone(),
            None if self.store.has_own(&record).await? => {
                return Err(ReleaseConflict::FirstOfSite(of.id.to_string()).into());
            }
            None => String::new(),
        };
        // The record first: an activation that is faster than the fence finds the manifest where it was.
        if let Some(known) = known
            && self.store.has_own(&manifest).await?
        {
            self.store.delete_own(slice::from_ref(&record)).await?;
            etag = self.fence(of, known, &etag).await?;
        }
        self.store.delete_own(&[manifest]).await?;
        // A check that was under way may have left another record, and an activation may have seen that one.
        if self.store.has_own(&record).await? {
            let Some(known) = known else {
                return Err(ReleaseConflict::InProgress(of.site.to_string()).into());
            };
            self.fence(of, known, &etag).await?;
        }
        Ok(())
    }

    /// Moves the pointer's entity tag, so that an activation that saw the record before it was taken away cannot swap: it would
    /// activate what is being removed. S3 gives what is encrypted with KMS a new tag at every write.
    async fn fence(
        &self,
        of: ReleasePath<'_>,
        known: &KnownPointer,
        etag: &str,
    ) -> Result<String, Error> {
        let key = keys::pointer(of.site);
        let moved = self.store.rewrite_own(&key, &known.bytes, etag);
        moved.await.map_err(|error| match error {
            Error::Precondition | Error::WriteConflict => {
                ReleaseConflict::InProgress(of.site.to_string()).into()
            }
            error => error,
        })
    }
}
