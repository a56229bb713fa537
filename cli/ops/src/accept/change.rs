//! What a run changes besides its own objects, by what undoes it.

use std::sync::{Mutex, PoisonError};

/// One change, by what undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The system's key was disabled.
    KeyDisabled,
    /// A publisher was added to the bucket's policy.
    PublisherAdded(String),
    /// A site got a release of the run's own.
    ReleasePublished(PublishedRelease),
}

/// A release of the run's own, and what was there before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublishedRelease {
    pub(super) site: String,
    pub(super) id: String,
    /// What was active before; `None` if nothing ever was.
    pub(super) before: Option<String>,
}

/// The changes that stand.
#[derive(Debug, Default)]
pub(super) struct Changes(Mutex<Vec<Change>>);

impl Changes {
    /// Notes a change that is about to be made.
    pub(super) fn note(&self, change: Change) {
        self.all().push(change);
    }

    /// Takes the last one out.
    pub(super) fn last(&self) -> Option<Change> {
        self.all().pop()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
