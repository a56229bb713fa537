//! A date that is read is written back as it was; every moment is written as what reads back.

#![no_main]

use keyfront_sigv4::AmzDate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(date) = AmzDate::parse(text)
    {
        assert_eq!(date.timestamp(), text);
        assert_eq!(date.day(), &text[..8]);
    }
    if let Some(head) = bytes.first_chunk() {
        let seconds = i64::from_le_bytes(*head);
        // Folded too, or almost no input would be within a calendar.
        for seconds in [seconds, seconds.rem_euclid(253_402_300_800)] {
            match AmzDate::from_unix(seconds) {
                Ok(date) => assert_eq!(AmzDate::parse(date.timestamp()), Ok(date)),
                Err(_) => assert!(!(0..253_402_300_800).contains(&seconds)),
            }
        }
    }
});
