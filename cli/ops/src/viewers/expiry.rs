//! How long a grant lasts.

use std::time::Duration;

use keyfront_viewers::EpochSeconds;

use crate::{span::span, viewer_keys::LONGEST_GRANT};

/// Longer ones outlive the people they were made for. Only replacing the key revokes a signature.
const LONGEST: Duration = Duration::from_secs(LONGEST_GRANT);

/// A span within what a grant may last.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let span = span(text)?;
    match span {
        Duration::ZERO => Err("the lifetime must not be zero".to_owned()),
        span if span > LONGEST => Err(format!(
            "{text} is longer than 7 days, the longest lifetime: only replacing the key revokes a signature"
        )),
        span => Ok(span),
    }
}

/// The second in which a grant that begins now ends.
pub(super) fn end_of(lifetime: Duration, now: EpochSeconds) -> EpochSeconds {
    now.saturating_add(lifetime.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_lasts_some_time_and_a_week_at_most() {
        assert_eq!(lifetime("1h"), Ok(Duration::from_secs(3_600)));
        assert_eq!(lifetime("7d"), Ok(LONGEST));
        for wrong in ["0s", "8d", "1y", ""] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
        assert_eq!(end_of(LONGEST, 1_800_000_000), 1_800_604_800);
    }
}
