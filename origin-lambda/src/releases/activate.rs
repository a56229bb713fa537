//! Making a release the active one: the pointer is swapped, and the log follows it.
//!
//! A function may die between any two calls. The order is such that the next one finds out what was done: a message whose
//! activation did not happen is dropped when it comes, and a log entry that is missing is in the pointer.

use keyfront_origin_core::{
    error::ReleaseConflict,
    publisher::Author,
    releases::{
        LogEntry, PendingInvalidation, Pointer,
        activation::{Expected, Step, admit, overtaken},
        keys,
    },
};

use super::{KnownPointer, ReleasePath, Releases, in_full, incomplete, now};
use crate::{error::Error, object::Precondition};

/// An activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activation {
    /// Its entry in the log.
    pub(crate) entry: LogEntry,
    /// When the CDN had forgotten what it replaced, RFC 3339; `None` until then.
    pub(crate) invalidated_at: Option<String>,
}

impl Releases<'_> {
    /// Makes a verified release the active one of its site. Repeated for the active one, it is the same activation. `charge` is told how
    /// many paths the CDN will have to forget, before anything is written.
    ///
    /// # Errors
    /// [`Error::ReleaseConflict`] says who was first; [`Error::ReleaseIncomplete`]; what `charge`, S3, KMS and SQS returned.
    pub(crate) async fn activate(
        &self,
        by: Author,
        of: ReleasePath<'_>,
        expected: &Expected,
        charge: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<Activation, Error> {
        let known = self.end_of_log(of.site).await?;
        if let Some(known) = &known {
            self.repair(of.site, &known.pointer).await?;
        }
        let pointer = known.as_ref().map(|known| &known.pointer);
        if let Step::Done(entry) = admit(pointer, of.id, expected, of.site)? {
            return self.activation(of.site, entry).await;
        }
        // After the pointer was read: whoever removes a release takes the record away, and moves the pointer's entity tag.
        if self.verified(of).await?.is_none() {
            return Err(incomplete(
                "it was not verified: POST .../verify until it answers verified",
            ));
        }
        let entry = self.next_entry(by, of, pointer).await?;
        let stale = self.stale(of.site, entry.replaced, of.id).await?;
        // A switch that no path shows is one all the same.
        charge(u32::try_from(stale.len().max(1)).unwrap_or(u32::MAX))?;
        if let Some(queue) = &self.kept.queue {
            let message = PendingInvalidation::new(of.site, entry.n);
            queue.send(&message, self.kept.settling).await?;
        }
        self.swap(of, known.as_ref(), entry).await
    }

    /// The entry that an activation writes; none that nobody could read again.
    async fn next_entry(
        &self,
        by: Author,
        of: ReleasePath<'_>,
        pointer: Option<&Pointer>,
    ) -> Result<LogEntry, Error> {
        let (_, manifest) = self.begun(of).await?;
        let (encoded, at) = (manifest.encoded().clone(), now()?);
        let entry = match pointer {
            None => LogEntry::first(of.id, encoded, by.publisher, at),
            Some(pointer) => pointer.entry().next(of.id, encoded, by.publisher, at),
        };
        let entry = entry.by_person(by.person).checked();
        entry.map_err(|error| incomplete(&format!("the log cannot hold it: {}", in_full(&error))))
    }

    async fn swap(
        &self,
        of: ReleasePath<'_>,
        known: Option<&KnownPointer>,
        entry: LogEntry,
    ) -> Result<Activation, Error> {
        let pointer = Pointer::new(entry.clone());
        let precondition = match known {
            None => Precondition::Absent,
            Some(known) => Precondition::Matches(known.etag.clone()),
        };
        let key = keys::pointer(of.site);
        let swapped = self
            .store
            .put_own(&key, &pointer.to_bytes(), &precondition)
            .await;
        match swapped {
            Ok(()) => {}
            Err(Error::Precondition | Error::AlreadyExists | Error::WriteConflict) => {
                return self.lost(of, entry.n).await;
            }
            // Swapped or not: the next call finds out.
            Err(error) => return Err(error),
        }
        if let Err(error) = self.repair(of.site, &pointer).await {
            tracing::warn!(%error, site = of.site.as_str(), n = entry.n, "the log's entry is not written yet; the next call does it");
        }
        Ok(Activation {
            entry,
            invalidated_at: None,
        })
    }

    /// Activation `n` was made by somebody else. The same one is as good.
    async fn lost(&self, of: ReleasePath<'_>, n: u64) -> Result<Activation, Error> {
        let site = of.site;
        let known = self.pointer(site).await?;
        // What moved was the entity tag alone: a release is being removed.
        let Some(known) = known.filter(|known| known.pointer.entry().n >= n) else {
            return Err(ReleaseConflict::InProgress(site.to_string()).into());
        };
        match known.pointer.active() == of.id {
            true => self.activation(site, known.pointer.entry().clone()).await,
            false => Err(overtaken(&known.pointer, site).into()),
        }
    }
}
