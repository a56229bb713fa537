//! `Range` (RFC 9110, 14.2). One range is served; what is not understood, and several ranges, count as
//! none, so that the whole object is the answer.

use crate::range::RequestedRange;

/// Reads the header's value.
#[must_use]
pub fn requested_range(value: &str) -> Option<RequestedRange> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    match (first, last) {
        ("", count) => Some(RequestedRange::Last {
            count: number(count)?,
        }),
        (first, "") => Some(RequestedRange::From {
            first: number(first)?,
        }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(RequestedRange::FromTo { first, last })
        }
    }
}

/// A number too large to count is a position behind every end.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood() {
        for (value, range) in [
            ("bytes=0-0", RequestedRange::FromTo { first: 0, last: 0 }),
            ("Bytes=5-9", RequestedRange::FromTo { first: 5, last: 9 }),
            ("bytes=7-", RequestedRange::From { first: 7 }),
            ("bytes=-3", RequestedRange::Last { count: 3 }),
            (
                "bytes=99999999999999999999-",
                RequestedRange::From { first: u64::MAX },
            ),
        ] {
            assert_eq!(requested_range(value), Some(range), "{value}");
        }
    }

    #[test]
    fn several_ranges_and_nonsense_count_as_none() {
        for value in [
            "bytes=0-1,3-4",
            "bytes=5-4",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes 0-1",
            "items=0-1",
            "",
        ] {
            assert_eq!(requested_range(value), None, "{value}");
        }
    }
}
