//! The pointer to a site's active release and the log of its activations: what an activation writes, and what it finds.
//!
//! The pointer carries the log entry that made it. It is swapped before the entry is written on its own, so whoever comes
//! after a function that died between the two writes the entry from the pointer, byte for byte.

use keyfront_releases::{LogEntry, Pointer, ReleaseId, SiteName};

use crate::error::ReleaseConflict;

/// What the caller says of the release that its activation replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: whichever it is.
    Any,
    /// There is none.
    Nothing,
    /// This one.
    Release(ReleaseId),
}

/// What an activation has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The release is active by this entry already.
    Done(LogEntry),
    /// Swap the pointer.
    Swap,
}

/// Whether `release` may become the active one of the site, given its pointer.
///
/// # Errors
/// [`ReleaseConflict`] says who activated what.
pub fn admit(
    pointer: Option<&Pointer>,
    release: ReleaseId,
    expected: &Expected,
    site: &SiteName,
) -> Result<Step, ReleaseConflict> {
    let Some(pointer) = pointer else {
        return match expected {
            Expected::Any | Expected::Nothing => Ok(Step::Swap),
            Expected::Release(_) => Err(ReleaseConflict::NothingActive(site.to_string())),
        };
    };
    if pointer.active() == release {
        let replaced = pointer.entry().replaced;
        let same = match expected {
            Expected::Any => true,
            Expected::Nothing => replaced.is_none(),
            // Named again as what it is, or as what the first attempt replaced.
            Expected::Release(named) => replaced == Some(*named) || *named == release,
        };
        return match same {
            true => Ok(Step::Done(pointer.entry().clone())),
            false => Err(overtaken(pointer, site)),
        };
    }
    match expected {
        Expected::Any => Ok(Step::Swap),
        Expected::Release(named) if *named == pointer.active() => Ok(Step::Swap),
        Expected::Release(_) | Expected::Nothing => Err(overtaken(pointer, site)),
    }
}

/// Who activated what.
pub fn overtaken(pointer: &Pointer, site: &SiteName) -> ReleaseConflict {
    let entry = pointer.entry();
    let person = entry.person.as_ref();
    let person = person.map_or_else(String::new, |person| format!(" ({person})"));
    ReleaseConflict::Overtaken {
        site: site.to_string(),
        active: pointer.active().to_string(),
        by: format!("publisher {:?}{person}", entry.by),
        at: entry.at.to_string(),
        n: entry.n,
    }
}
