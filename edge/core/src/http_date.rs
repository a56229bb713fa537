//! Dates of answers, as seconds since 1970: only what comparing two clocks needs.
//!
//! Reads HTTP's preferred form and SigV4's basic form; it writes none.

use crate::text::decimal;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Mon, 13 Jan 2020 20:12:38 GMT` (IMF-fixdate, RFC 9110, section 5.6.7).
#[must_use]
pub fn from_imf_fixdate(text: &str) -> Option<i64> {
    let rest = text.get(5..)?.strip_suffix(" GMT")?;
    let mut parts = rest.split(' ');
    let day = number(parts.next()?)?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let year = number(parts.next()?)?;
    let mut clock = parts.next()?.split(':');
    let (hour, minute, second) = (
        number(clock.next()?)?,
        number(clock.next()?)?,
        number(clock.next()?)?,
    );
    Some(unix([
        year,
        i64::try_from(month).ok()? + 1,
        day,
        hour,
        minute,
        second,
    ]))
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
        ] {
            assert_eq!(from_imf_fixdate(text), None, "{text}");
            assert_eq!(from_amz_date(text), None, "{text}");
        }
    }
}
