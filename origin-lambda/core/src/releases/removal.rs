//! Which releases may be removed.

use keyfront_releases::{Pointer, ReleaseId, Timestamp};

use crate::error::ReleaseConflict;

/// Seconds that files of an earlier release stay reachable behind the one that keeps them.
pub const KEEP_ASSETS: u64 = 7 * 24 * 60 * 60;

/// What is known of the site when one of its releases is to be removed.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its pointer.
    pub pointer: &'a Pointer,
    /// Whether the CDN has forgotten what the newest activation replaced.
    pub is_everywhere: bool,
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
        is_everywhere,
        kept_from,
    } = standing;
    if pointer.active() == release {
        return Err(ReleaseConflict::IsActive(release.to_string()));
    }
    let entry = pointer.entry();
    let n = entry.n;
    if entry.replaced == Some(release) && !is_everywhere {
        return Err(ReleaseConflict::NotEverywhere {
            release: release.to_string(),
            n,
        });
    }
    let age = now
        .epoch_seconds()
        .saturating_sub(entry.at.epoch_seconds());
    if age < KEEP_ASSETS && kept_from.contains(&release) {
        return Err(ReleaseConflict::Kept {
            release: release.to_string(),
            by: pointer.active().to_string(),
        });
    }
    Ok(())
}
