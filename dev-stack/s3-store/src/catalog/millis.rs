//! Moments as records have them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Millis(pub(crate) i64);

impl Millis {
    /// The same moment with its milliseconds cut off, as `Last-Modified` can say it.
    pub fn to_seconds(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// So many days later.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * 86_400_000))
    }

    /// The same moment, for listings.
    pub fn to_time(self) -> OffsetDateTime {
        self.to_seconds() + time::Duration::milliseconds(self.0.rem_euclid(1000))
    }
}

impl From<std::time::SystemTime> for Millis {
    fn from(moment: std::time::SystemTime) -> Self {
        let millis =
            (OffsetDateTime::from(moment) - OffsetDateTime::UNIX_EPOCH).whole_milliseconds();
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_before_the_epoch_round_down() {
        assert_eq!(Millis(-1).to_seconds().unix_timestamp(), -1);
        assert_eq!(Millis(1999).to_seconds().unix_timestamp(), 1);
    }
}
