//! The end of a grant as people read it.

use keyfront_viewers::EpochSeconds;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Unix seconds in RFC 3339, in UTC.
///
/// # Errors
/// A time beyond the year 9999.
pub(super) fn moment(seconds: EpochSeconds) -> anyhow::Result<String> {
    Ok(OffsetDateTime::from_unix_timestamp(seconds.try_into()?)?.format(&Rfc3339)?)
}
