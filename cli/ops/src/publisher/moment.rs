//! Moments and spans of time as people type them.

use std::{str::FromStr, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::span::span;

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    In(Duration),
    At(OffsetDateTime),
}

impl Expiry {
    /// The moment, which must be after `now`.
    pub(crate) fn after(self, now: OffsetDateTime) -> anyhow::Result<OffsetDateTime> {
        let end = match self {
            Self::In(span) => now.checked_add(span.try_into()?),
            Self::At(moment) => Some(moment),
        };
        // Whole seconds: what a person typed, and what every reader of RFC 3339 knows.
        let end = end.and_then(|end| end.replace_nanosecond(0).ok());
        match end {
            Some(end) if end > now && end.year() <= 9999 => Ok(end),
            _ => anyhow::bail!("the token would expire in the past or after the year 9999"),
        }
    }
}

impl FromStr for Expiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(moment) => Ok(Self::At(moment)),
            Err(_) => span(text).map(Self::In),
        }
    }
}

/// `20270131T093000Z`, with a number behind it if that is taken.
pub(super) fn token_id(now: OffsetDateTime, taken: impl Fn(&str) -> bool) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    // Formatting into a string fails only for components a moment lacks; this one has them all.
    let base = now.format(&format).unwrap_or_else(|_| "token".to_owned());
    let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|id| !taken(id))
        .unwrap_or(base)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2027-01-31 09:30:00.5 UTC);

    #[test]
    fn a_token_ends_at_a_moment_or_after_a_span() {
        assert_eq!(
            "90d".parse(),
            Ok(Expiry::In(Duration::from_secs(90 * 86_400)))
        );
        assert_eq!(
            "2027-02-01T00:00:00Z".parse(),
            Ok(Expiry::At(datetime!(2027-02-01 00:00 UTC)))
        );
        assert!("soon".parse::<Expiry>().is_err());
    }

    #[test]
    fn a_token_never_ends_before_it_begins() {
        let end = |text: &str| text.parse::<Expiry>().unwrap().after(NOW);
        assert_eq!(end("1h").unwrap(), datetime!(2027-01-31 10:30:00 UTC));
        assert!(end("2027-01-31T09:29:59Z").is_err());
        assert!(end("0s").is_err());
    }

    #[test]
    fn a_tokens_id_says_when_it_was_made_and_is_unique() {
        assert_eq!(token_id(NOW, |_| false), "20270131T093000Z");
        let taken = ["20270131T093000Z", "20270131T093000Z-2"];
        assert_eq!(
            token_id(NOW, |id| taken.contains(&id)),
            "20270131T093000Z-3"
        );
    }
}
