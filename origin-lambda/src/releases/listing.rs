//! The log of a site, the newest activation first, and the releases whose trees are in the bucket.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::releases::{LogEntry, Pointer, ReleaseId, SiteName, keys};
use serde::{Deserialize, Serialize};

use super::{ReleaseState, Releases};
use crate::error::Error;

/// Entries of a page.
const PAGE: u64 = 50;
/// Trees that are looked at.
const TREES: u16 = 1000;
const AT_ONCE: usize = 16;

/// Where a page of the log begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogPosition {
    site: String,
    below: u64,
}

impl LogPosition {
    /// The position, if it is of this site.
    pub(crate) fn read(plain: &str, site: &SiteName) -> Option<Self> {
        let position: Self = serde_json::from_str(plain).ok()?;
        (position.site == site.as_str()).then_some(position)
    }
}

/// A page of the log.
#[derive(Debug)]
pub(crate) struct LogPage {
    pub(crate) active: Option<ReleaseId>,
    /// The newest first.
    pub(crate) log: Vec<LogEntry>,
    /// On the first page, the releases in the bucket, 1,000 at most.
    pub(crate) releases: Option<Vec<(ReleaseId, ReleaseState)>>,
    pub(crate) next: Option<LogPosition>,
}

impl Releases<'_> {
    /// Lists a page of a site's log.
    ///
    /// # Errors
    /// [`Error::ReleaseLogAltered`]; what S3 and KMS returned.
    pub(crate) async fn list(
        &self,
        site: &SiteName,
        position: Option<LogPosition>,
    ) -> Result<LogPage, Error> {
        let known = self.end_of_log(site).await?;
        let pointer = known.as_ref().map(|known| &known.pointer);
        let newest = pointer.map(|pointer| pointer.entry().clone());
        let first_page = position.is_none();
        let all = newest.as_ref().map_or(0, |entry| entry.n);
        let below = position.map_or(all + 1, |position| position.below.min(all + 1));
        let oldest = below.saturating_sub(PAGE).max(1);
        let wanted = (oldest..below).rev();
        let entries: Vec<Option<LogEntry>> = stream::iter(wanted)
            .map(|n| {
                // The newest may not be written yet: the pointer has it.
                let in_pointer = newest.clone().filter(|entry| entry.n == n);
                async move {
                    match in_pointer {
                        Some(entry) => Ok(Some(entry)),
                        None => self.log_entry(site, n).await,
                    }
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let log: Vec<_> = entries.into_iter().flatten().collect();
        let active = pointer.map(Pointer::active);
        let releases = match first_page {
            true => Some(self.trees(site, active, &log).await?),
            false => None,
        };
        Ok(LogPage {
            active,
            log,
            releases,
            next: (oldest > 1).then(|| LogPosition {
                site: site.to_string(),
                below: oldest,
            }),
        })
    }

    async fn trees(
        &self,
        site: &SiteName,
        active: Option<ReleaseId>,
        log: &[LogEntry],
    ) -> Result<Vec<(ReleaseId, ReleaseState)>, Error> {
        let below = keys::releases_prefix(site);
        let found = self.store.list_folder(&below, None, TREES).await?;
        let ids = found.prefixes.iter().filter_map(|prefix| {
            let name = prefix.strip_prefix(&below)?.strip_suffix('/')?;
            name.parse::<ReleaseId>().ok()
        });
        let activated: BTreeSet<ReleaseId> = log.iter().map(|entry| entry.release).collect();
        let ids: Vec<_> = ids.collect();
        let states = ids.into_iter().map(|id| {
            let was_active = activated.contains(&id);
            async move {
                if active == Some(id) {
                    return Ok::<_, Error>((id, ReleaseState::Active));
                }
                let has_record = self.store.has_own(&keys::verified(site, &id)).await?;
                let state = match has_record {
                    true if was_active => ReleaseState::Superseded,
                    true => ReleaseState::Verified,
                    false => ReleaseState::Uploading,
                };
                Ok((id, state))
            }
        });
        let states: Vec<_> = states.collect();
        stream::iter(states).buffered(AT_ONCE).try_collect().await
    }
}
