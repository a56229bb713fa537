//! The invalidation that follows an activation: carried out once edges no longer serve what was before, at least once, and
//! recorded.

use std::time::{Duration, Instant, SystemTime};

use keyfront_origin_core::releases::{
    LogEntry, MAX_LOG_ENTRY_BYTES, ReleaseId, SiteName, Timestamp, caller_reference, keys, left_of,
    stale_paths,
};
use serde::{Deserialize, Serialize};

use super::{ReleasePath, Releases, altered, now};
use crate::{error::Error, object::Precondition};

/// How long a request for a release's state carries out what is pending, about.
const PAGE: Duration = Duration::from_secs(8);

/// What became of a pending invalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was carried out, now or earlier.
    Done,
    /// It is too early, by so much.
    Later(Duration),
    /// Its activation did not happen.
    Dropped,
}

/// What says that the invalidation was carried out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invalidated {
    at: Timestamp,
    n: u64,
    /// Paths that were invalidated.
    paths: u64,
    v: u32,
}

impl Releases<'_> {
    /// Carries the invalidation of activation `n` out, if it is time.
    ///
    /// # Errors
    /// What S3, SSM and CloudFront returned: it has to be tried again.
    pub(crate) async fn settle(&self, site: &SiteName, n: u64) -> Result<Settled, Error> {
        if self.invalidated_at(site, n).await?.is_some() {
            return Ok(Settled::Done);
        }
        let Some(known) = self.pointer(site).await? else {
            return Ok(Settled::Dropped);
        };
        let newest = known.pointer.entry();
        if n == 0 || newest.n < n {
            return Ok(Settled::Dropped);
        }
        if newest.n == n {
            self.repair(site, &known.pointer).await?;
        }
        let key = keys::log_entry(site, n);
        let written = self.store.own_document(&key, MAX_LOG_ENTRY_BYTES).await?;
        let Some(written) = written else {
            return Err(altered(&key, MissingEntry(n)));
        };
        // The entry is written after the switch, so this is a little late and never early.
        let since = SystemTime::now().duration_since(written.modified).ok();
        if let Some(left) = left_of(self.kept.settling, since) {
            return Ok(Settled::Later(left));
        }
        let entry = LogEntry::parse(&written.body).map_err(|error| altered(&key, error))?;
        self.invalidate(site, &entry).await?;
        Ok(Settled::Done)
    }

    /// Carries out what is pending up to activation `newest`, as far as it is time. Where there is no queue, whoever asks for
    /// a release's state does this; what fails is left to the next one.
    pub(super) async fn settle_pending(&self, site: &SiteName, newest: u64) {
        let end = Instant::now() + PAGE;
        if let Err(error) = self.settle_up_to(site, newest, end).await {
            tracing::warn!(%error, site = site.as_str(), newest, "an invalidation is still pending");
        }
    }

    async fn settle_up_to(&self, site: &SiteName, newest: u64, end: Instant) -> Result<(), Error> {
        let done = self.carried_out(site, newest).await?;
        // The oldest first, so that what is behind one that was carried out was carried out as well.
        for n in done + 1..=newest {
            let outcome = self.settle(site, n).await?;
            if matches!(outcome, Settled::Later(_)) || Instant::now() >= end {
                break;
            }
        }
        Ok(())
    }

    /// The newest activation whose invalidation was carried out, 0 if none was. All before it were: so it is found in a few
    /// steps, however long nobody has asked.
    async fn carried_out(&self, site: &SiteName, newest: u64) -> Result<u64, Error> {
        let (mut done, mut pending, mut step) = (newest, newest.saturating_add(1), 1_u64);
        while done > 0 && self.invalidated_at(site, done).await?.is_none() {
            (pending, done) = (done, done.saturating_sub(step));
            step = step.saturating_mul(2);
        }
        while pending - done > 1 {
            let middle = done + (pending - done) / 2;
            match self.invalidated_at(site, middle).await? {
                Some(_) => done = middle,
                None => pending = middle,
            }
        }
        Ok(done)
    }

    /// When the invalidation of an activation was carried out.
    pub(super) async fn invalidated_at(
        &self,
        site: &SiteName,
        n: u64,
    ) -> Result<Option<String>, Error> {
        let key = keys::invalidated(site, n);
        let document = self.store.own_document(&key, MAX_LOG_ENTRY_BYTES).await?;
        let Some(document) = document else {
            return Ok(None);
        };
        let read: Result<Invalidated, _> = serde_json::from_slice(&document.body);
        let read = read.map_err(|error| altered(&key, error))?;
        Ok(Some(read.at.to_string()))
    }

    /// The paths of the CDN that the activation of `release` makes stale.
    ///
    /// # Errors
    /// What S3 returned.
    pub(super) async fn stale(
        &self,
        site: &SiteName,
        replaced: Option<ReleaseId>,
        release: ReleaseId,
    ) -> Result<Vec<String>, Error> {
        let sites = self.cdn.layouts_of_release(site.as_str());
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let of = |id| ReleasePath { site, id };
        let manifests = &self.kept.manifests;
        let old = match replaced {
            Some(id) => manifests.read(self.store, of(id)).await?,
            None => None,
        };
        let new = manifests.read(self.store, of(release)).await?;
        Ok(match new {
            Some(new) => stale_paths(&sites, old.as_deref(), &new),
            // It was replaced and removed meanwhile.
            None => sites.iter().map(|site| site.everything()).collect(),
        })
    }

    async fn invalidate(&self, site: &SiteName, entry: &LogEntry) -> Result<(), Error> {
        let n = entry.n;
        let paths = self.stale(site, entry.replaced, entry.release).await?;
        if !paths.is_empty() {
            let reference = caller_reference(site, n, &paths);
            self.cdn.forget(&paths, &reference).await?;
        }
        let done = Invalidated {
            at: now()?,
            n,
            paths: paths.len() as u64,
            v: 1,
        };
        let document = serde_json::to_vec(&done).map_err(|_| Error::Internal)?;
        let key = keys::invalidated(site, n);
        match self
            .store
            .put_own(&key, &document, &Precondition::Absent)
            .await
        {
            // Another instance was told as well.
            Err(Error::AlreadyExists) => Ok(()),
            written => written,
        }
    }
}

/// An entry before the newest is not there.
#[derive(Debug, thiserror::Error)]
#[error("entry {0} of the log is missing, and later ones are not")]
struct MissingEntry(u64);
