//! Which releases may be removed.

use keyfront_releases::{LogEntry, Pointer, ReleaseId, Timestamp};

use crate::error::ReleaseConflict;

/// Seconds that files of an earlier release stay reachable behind the one that keeps them.
pub const KEEP_ASSETS: u64 = 7 * 24 * 60 * 60;

/// What is known of the site when one of its releases is to be removed.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its pointer.
    pub pointer: &'a Pointer,
    /// The activations after which the CDN has not forgotten yet what they replaced, the newest first.
    pub pending: &'a [LogEntry],
    /// The releases whose files the active one keeps.
    pub kept_from: &'a [ReleaseId],
}

/// Whether a release may be removed.
///
/// # Errors
/// [`ReleaseConflict`]: it is active; edges may still serve it; the active one keeps files of it.
pub fn admit(
    standing: Standing<'_>,
    release: ReleaseId,
    now: Timestamp,
) -> Result<(), ReleaseConflict> {
    let Standing {
        pointer,
        pending,
        kept_from,
    } = standing;
    if pointer.active() == release {
        return Err(ReleaseConflict::IsActive(release.to_string()));
    }
    let successor = |entry: &&LogEntry| entry.replaced == Some(release);
    if let Some(LogEntry { n, .. }) = pending.iter().find(successor) {
        return Err(ReleaseConflict::NotEverywhere {
            release: release.to_string(),
            n: *n,
        });
    }
    let entry = pointer.entry();
    let age = now.epoch_seconds().saturating_sub(entry.at.epoch_seconds());
    if age < KEEP_ASSETS && kept_from.contains(&release) {
        return Err(ReleaseConflict::Kept {
            release: release.to_string(),
            by: pointer.active().to_string(),
        });
    }
    Ok(())
}
