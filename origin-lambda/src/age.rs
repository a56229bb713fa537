//! The age of what is kept, by the wall clock: a monotonic one may stand still while Lambda freezes the process or the machine
//! sleeps, and what is old must not look fresh.

use std::time::{Duration, SystemTime};

/// Whether what is kept since `since` is younger than `span` at `now`. A clock that went backwards proves nothing about age.
pub(crate) fn within(span: Duration, since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|age| age < span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_clock_set_back_says_of_age_is_not_believed() {
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let minute = Duration::from_secs(60);
        assert!(within(minute, since, since));
        assert!(within(
            minute,
            since,
            since + minute - Duration::from_millis(1)
        ));
        assert!(!within(minute, since, since + minute));
        assert!(!within(minute, since, since - Duration::from_millis(1)));
    }
}
