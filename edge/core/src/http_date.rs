//! Dates of answers, as seconds since 1970: only what comparing two clocks needs.
//!
//! Reads HTTP's preferred form and SigV4's basic form; it writes none.

use crate::text::{decimal, split_once};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

const DAY: i64 = 24 * 60 * 60;

/// `Mon, 13 Jan 2020 20:12:38 GMT` (IMF-fixdate, RFC 9110, section 5.6.7), to the letter: a day that the calendar has, under
/// its own weekday.
#[must_use]
pub fn from_imf_fixdate(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let separated = [
        (3, b','),
        (4, b' '),
        (7, b' '),
        (11, b' '),
        (16, b' '),
        (19, b':'),
        (22, b':'),
    ];
    if bytes.len() != 29 || separated.iter().any(|(at, byte)| bytes[*at] != *byte) {
        return None;
    }
    let field = |from: usize, to: usize| number(text.get(from..to)?);
    let name = text.get(8..11)?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let (month, year, day) = (i64::try_from(month).ok()? + 1, field(12, 16)?, field(5, 7)?);
    let (hour, minute, second) = (field(17, 19)?, field(20, 22)?, field(23, 25)?);
    let seconds = unix([year, month, day, hour, minute, second]);
    let exists = day > 0
        && seconds < unix([year, month + 1, 1, 0, 0, 0])
        && hour < 24
        && minute < 60
        && second < 60;
    let weekday = usize::try_from(seconds.div_euclid(DAY).rem_euclid(7)).ok()?;
    let named = text.starts_with(WEEKDAYS[weekday]) && text.ends_with(" GMT");
    (exists && named).then_some(seconds)
}

/// Whether a text may be a date in one of HTTP's forms, the obsolete ones included.
pub(crate) fn names_a_month(text: &str) -> bool {
    MONTHS.iter().any(|month| split_once(text, month).is_some())
}

/// `20200113T201238Z`.
#[must_use]
pub fn from_amz_date(text: &str) -> Option<i64> {
    let field = |from: usize, to: usize| number(text.get(from..to)?);
    let fields = [
        field(0, 4)?,
        field(4, 6)?,
        field(6, 8)?,
        field(9, 11)?,
        field(11, 13)?,
        field(13, 15)?,
    ];
    Some(unix(fields))
}

fn number(text: &str) -> Option<i64> {
    decimal(text).filter(|_| text.len() <= 4)
}

/// Proleptic Gregorian calendar, years 0 to 9999: days counted from March, so that leap days come last.
#[inline(never)]
fn unix([year, month, day, hour, minute, second]: [i64; 6]) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = 365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468;
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_moment_are_the_same_second() {
        for (http, amz, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", "19700101T000000Z", 0),
            (
                "Mon, 13 Jan 2020 20:12:38 GMT",
                "20200113T201238Z",
                1_578_946_358,
            ),
            (
                "Thu, 29 Feb 2024 23:59:59 GMT",
                "20240229T235959Z",
                1_709_251_199,
            ),
        ] {
            assert_eq!(from_imf_fixdate(http).unwrap(), seconds);
            assert_eq!(from_amz_date(amz).unwrap(), seconds);
        }
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "now",
            "Mon, 13 Jan 2020",
            "Mon, 13 Foo 2020 20:12:38 GMT",
            "Mon, 1é Jan 2020 20:12:38 GMT",
            "Tue, 13 Jan 2020 20:12:38 GMT",
            "Sun, 31 Feb 2020 20:12:38 GMT",
            "Sat, 29 Feb 2023 20:12:38 GMT",
            "Mon, 13 Jan 2020 24:12:38 GMT",
            "Mon, 13 Jan 2020 20:60:38 GMT",
            "Mon, 13 Jan 2020 20:12:60 GMT",
            "Mon, 13 Jan 2020 20:12:38 UTC",
            "Mon 13 Jan 2020 20:12:38 GMT ",
            "Monday, 13-Jan-20 20:12:38 GMT",
        ] {
            assert_eq!(from_imf_fixdate(text), None, "{text}");
            assert_eq!(from_amz_date(text), None, "{text}");
        }
    }
}
