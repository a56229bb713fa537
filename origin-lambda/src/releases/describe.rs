//! The state of a release.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::releases::{LogEntry, MAX_LOG_ENTRY_BYTES, Pointer, SiteName, keys};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Activation, ReleasePath, Releases, Settled, altered};
use crate::error::Error;

/// Entries of the log that are looked through for a former activation, from the newest on.
const LOOKED_BACK: u64 = 256;
/// Entries read at a time.
const AT_ONCE: usize = 16;

/// How far a release has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReleaseState {
    /// Its manifest is there.
    Uploading,
    /// Every object was checked.
    Verified,
    /// Viewers get it.
    Active,
    /// Viewers got it.
    Superseded,
}

/// A release.
#[derive(Debug)]
pub(crate) struct DescribedRelease {
    pub(crate) state: ReleaseState,
    /// Its last activation, if it was within the newest 256.
    pub(crate) activation: Option<Activation>,
}

impl Releases<'_> {
    /// Describes a release.
    ///
    /// # Errors
    /// [`Error::NotFound`]; what S3 and KMS returned.
    pub(crate) async fn describe(&self, of: ReleasePath<'_>) -> Result<DescribedRelease, Error> {
        let known = self.pointer(of.site).await?;
        let pointer = known.as_ref().map(|known| &known.pointer);
        let state = match pointer {
            Some(pointer) if pointer.active() == of.id => ReleaseState::Active,
            _ => self.state_of_tree(of).await?.ok_or(Error::NotFound)?,
        };
        // What was never verified was never active.
        let entry = match pointer.filter(|_| state != ReleaseState::Uploading) {
            Some(pointer) => {
                let activates = |entry: &LogEntry| entry.release == of.id;
                self.newest_entry(of.site, pointer, activates).await?
            }
            None => None,
        };
        let state = match state {
            ReleaseState::Verified if entry.is_some() => ReleaseState::Superseded,
            state => state,
        };
        let activation = match entry {
            Some(entry) => Some(self.settled_activation(of.site, entry).await?),
            None => None,
        };
        Ok(DescribedRelease { state, activation })
    }

    /// How far a release has come, without its history; `None` if nothing of it is there.
    pub(super) async fn state(&self, of: ReleasePath<'_>) -> Result<Option<ReleaseState>, Error> {
        let known = self.pointer(of.site).await?;
        match known.is_some_and(|known| known.pointer.active() == of.id) {
            true => Ok(Some(ReleaseState::Active)),
            false => self.state_of_tree(of).await,
        }
    }

    async fn state_of_tree(&self, of: ReleasePath<'_>) -> Result<Option<ReleaseState>, Error> {
        if self.verified(of).await?.is_some() {
            return Ok(Some(ReleaseState::Verified));
        }
        let has_manifest = self.store.has_own(&keys::manifest(of.site, &of.id)).await?;
        Ok(has_manifest.then_some(ReleaseState::Uploading))
    }

    /// An activation as it stands, without carrying anything out.
    pub(super) async fn activation(
        &self,
        site: &SiteName,
        entry: LogEntry,
    ) -> Result<Activation, Error> {
        Ok(Activation {
            invalidated_at: self.invalidated_at(site, entry.n).await?,
            entry,
        })
    }

    /// The same. Without a queue, whoever asks late enough carries the invalidation out.
    async fn settled_activation(
        &self,
        site: &SiteName,
        entry: LogEntry,
    ) -> Result<Activation, Error> {
        if self.kept.queue.is_none() {
            match self.settle(site, entry.n).await {
                Ok(Settled::Done | Settled::Later(_) | Settled::Dropped) => {}
                Err(error) => {
                    tracing::warn!(%error, site = site.as_str(), n = entry.n, "the invalidation is still pending");
                }
            }
        }
        self.activation(site, entry).await
    }

    /// The newest entry of the log that is of this kind, of the newest 256.
    pub(super) async fn newest_entry(
        &self,
        site: &SiteName,
        pointer: &Pointer,
        is_wanted: impl Fn(&LogEntry) -> bool,
    ) -> Result<Option<LogEntry>, Error> {
        let newest = pointer.entry();
        if is_wanted(newest) {
            return Ok(Some(newest.clone()));
        }
        let oldest = newest.n.saturating_sub(LOOKED_BACK).max(1);
        let mut entries = stream::iter((oldest..newest.n).rev())
            .map(|n| self.log_entry(site, n))
            .buffered(AT_ONCE);
        while let Some(entry) = entries.try_next().await? {
            if entry.as_ref().is_some_and(&is_wanted) {
                return Ok(entry);
            }
        }
        Ok(None)
    }

    /// Whether somebody wrote this entry of the log, whatever it says.
    pub(super) async fn log_entry_is_there(&self, site: &SiteName, n: u64) -> Result<bool, Error> {
        self.store.has_own(&keys::log_entry(site, n)).await
    }

    /// An entry of the log; `None` if it is not there.
    pub(super) async fn log_entry(
        &self,
        site: &SiteName,
        n: u64,
    ) -> Result<Option<LogEntry>, Error> {
        let key = keys::log_entry(site, n);
        let document = self.store.own_document(&key, MAX_LOG_ENTRY_BYTES).await?;
        document
            .map(|document| LogEntry::parse(&document.body))
            .transpose()
            .map_err(|error| altered(&key, error))
    }
}
