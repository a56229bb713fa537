//! Spans of time as people type them.

use std::time::Duration;

/// `90d`, `12h`, `30m`, `45s`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let seconds = |unit| match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _ => None,
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let known = seconds(unit).zip(count.parse::<u64>().ok());
    known
        .and_then(|(unit, count)| count.checked_mul(unit))
        .filter(|seconds| *seconds <= 100 * 366 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("invalid duration {text:?}; expected 90d, 12h or 30m"))
}

/// Seconds as [`span`] reads them, in the largest whole unit.
pub(crate) fn written(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let whole = |(length, _): &&(u64, char)| seconds >= *length && seconds.is_multiple_of(*length);
    let (length, unit) = units.iter().find(whole).unwrap_or(&(1, 's'));
    format!("{}{unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90d", 90 * 86_400),
            ("12h", 43_200),
            ("30m", 1_800),
            ("45s", 45),
        ] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
            assert_eq!(span(&written(seconds)), span(text));
        }
        assert_eq!(
            (written(90), written(43_200)),
            ("90s".to_owned(), "12h".to_owned())
        );
        for wrong in [
            "",
            "d",
            "12",
            "1w",
            "-1h",
            "1.5h",
            "2é",
            "99999999999999999999d",
            "99999d",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
