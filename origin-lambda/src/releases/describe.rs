//! The state of a release.

use keyfront_origin_core::releases::{LogEntry, SiteName, keys};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Activation, ReleasePath, Releases};
use crate::error::Error;

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
        if let Some(pointer) = pointer
            && self.kept.queue.is_none()
        {
            self.settle_pending(of.site, pointer.entry().n).await;
        }
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
            Some(entry) => Some(self.activation(of.site, entry).await?),
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
}
