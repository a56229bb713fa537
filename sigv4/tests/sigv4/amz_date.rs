//! Dates, against the calendar.

use keyfront_sigv4::{AmzDate, SigningError};
use proptest::prelude::*;

const END_OF_YEAR_9999: i64 = 253_402_300_800;

#[test]
fn known_moments_are_spelled_right() {
    for (seconds, text) in [
        (0, "19700101T000000Z"),
        (951_782_400, "20000229T000000Z"),
        (1_369_353_600, "20130524T000000Z"),
        (1_440_938_160, "20150830T123600Z"),
        (4_107_542_399, "21000228T235959Z"),
        (4_107_542_400, "21000301T000000Z"),
        (END_OF_YEAR_9999 - 1, "99991231T235959Z"),
    ] {
        let date = AmzDate::from_unix(seconds).unwrap();
        assert_eq!((date.timestamp(), date.day()), (text, &text[..8]));
        assert_eq!(AmzDate::parse(text), Ok(date));
    }
}

#[test]
fn moments_out_of_range_are_refused() {
    for seconds in [-1, i64::MIN, END_OF_YEAR_9999, i64::MAX] {
        assert_eq!(AmzDate::from_unix(seconds), Err(SigningError::Date));
    }
}

#[test]
fn texts_that_are_not_moments_are_refused() {
    for text in [
        "",
        "20150830",
        "20150830T123600",
        "2015-08-30T12:36:00Z",
        "20150830t123600Z",
        "20150830T123600z",
        "20150830T240000Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "20151330T123600Z",
        "20150030T123600Z",
        "20150431T123600Z",
        "20150229T123600Z",
        "21000229T000000Z",
        "20150800T123600Z",
        "19691231T235959Z",
        "00000101T000000Z",
        "+0150830T123600Z",
        "2015083é0T12360Z",
    ] {
        assert_eq!(AmzDate::parse(text), Err(SigningError::Date), "{text}");
    }
}

proptest! {
    #[test]
    fn parsing_undoes_spelling(seconds in 0..END_OF_YEAR_9999) {
        let date = AmzDate::from_unix(seconds).unwrap();
        prop_assert_eq!(AmzDate::parse(date.timestamp()), Ok(date));
    }

    #[test]
    fn later_moments_are_greater(seconds in 0..END_OF_YEAR_9999 - 1) {
        prop_assert!(AmzDate::from_unix(seconds).unwrap() < AmzDate::from_unix(seconds + 1).unwrap());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,20}|[0-9TZ]{16}") {
        let _ = AmzDate::parse(&text);
    }
}
