//! Moments in documents: RFC 3339, UTC, whole seconds, one spelling.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::StaticFormatDescription,
    macros::format_description,
};

const FORMAT: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A text is not a moment, or a moment has no such text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment such as 2026-12-01T03:05:12Z between the years 1970 and 9999")]
pub struct TimestampError;

/// A moment between the years 1970 and 9999, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z.
    const LATEST: u64 = 253_402_300_799;

    /// The moment this many seconds after 1970 began.
    ///
    /// # Errors
    /// [`TimestampError`] after the year 9999.
    pub const fn from_epoch_seconds(seconds: u64) -> Result<Self, TimestampError> {
        if seconds > Self::LATEST {
            return Err(TimestampError);
        }
        Ok(Self(seconds))
    }

    /// Seconds since 1970 began.
    #[must_use]
    pub const fn epoch_seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0).map_err(|_| fmt::Error)?;
        let moment = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let moment = PrimitiveDateTime::parse(text, FORMAT).map_err(|_| TimestampError)?;
        let seconds = u64::try_from(moment.assume_utc().unix_timestamp());
        let moment = Self::from_epoch_seconds(seconds.map_err(|_| TimestampError)?)?;
        // One spelling: no sign, no leap second, no digits beyond.
        if moment.to_string() == text {
            Ok(moment)
        } else {
            Err(TimestampError)
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
