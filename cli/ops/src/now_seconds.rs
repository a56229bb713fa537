//! The time as grants count it.

use std::time::{SystemTime, UNIX_EPOCH};

use keyfront_viewers::EpochSeconds;

/// Unix seconds; 0 by a clock that stands before 1970.
pub(crate) fn now_seconds() -> EpochSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
