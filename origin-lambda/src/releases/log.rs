//! The log of a site, as its pointer ends it.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::releases::{LogEntry, MAX_LOG_ENTRY_BYTES, Pointer, SiteName, keys};

use super::{KnownPointer, Releases, altered, altered_log};
use crate::{error::Error, object::Precondition};

/// Entries of the log that are looked through for a former activation, from the newest on.
const LOOKED_BACK: u64 = 256;
/// Entries read at a time.
const AT_ONCE: usize = 16;

impl Releases<'_> {
    /// The pointer, where the log ends with its entry, or with the one before.
    ///
    /// # Errors
    /// [`Error::ReleaseLogAltered`]: it ends elsewhere, since somebody put an earlier pointer back, or wrote an entry; what
    /// S3 returned.
    pub(super) async fn end_of_log(&self, site: &SiteName) -> Result<Option<KnownPointer>, Error> {
        let mut known = self.pointer(site).await?;
        loop {
            let entry = known.as_ref().map(|known| known.pointer.entry());
            if let Some(entry) = entry {
                self.holds(site, entry).await?;
            }
            let next = entry.map_or(1, |entry| entry.n + 1);
            if !self.store.has_own(&keys::log_entry(site, next)).await? {
                return Ok(known);
            }
            // It may be of an activation since the pointer was read.
            let again = self.pointer(site).await?;
            let again = again.filter(|known| known.pointer.entry().n >= next);
            known = Some(again.ok_or_else(|| altered_log(site, next))?);
        }
    }

    /// Writes the log's entry of a pointer, if it is missing.
    ///
    /// # Errors
    /// [`Error::ReleaseLogAltered`]; what S3 returned.
    pub(super) async fn repair(&self, site: &SiteName, pointer: &Pointer) -> Result<(), Error> {
        let entry = pointer.entry();
        if self.holds(site, entry).await? {
            return Ok(());
        }
        let (key, bytes) = (keys::log_entry(site, entry.n), entry.to_bytes());
        let written = self.store.put_own(&key, &bytes, &Precondition::Absent);
        written.await.map_err(|error| match error {
            Error::AlreadyExists => altered_log(site, entry.n),
            error => error,
        })
    }

    /// Whether the log holds this very entry; `false` if it has none of its number.
    async fn holds(&self, site: &SiteName, entry: &LogEntry) -> Result<bool, Error> {
        let key = keys::log_entry(site, entry.n);
        match self.store.own_document(&key, MAX_LOG_ENTRY_BYTES).await? {
            None => Ok(false),
            Some(there) if there.body == entry.to_bytes() => Ok(true),
            Some(_) => Err(altered_log(site, entry.n)),
        }
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
