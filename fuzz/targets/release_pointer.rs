//! A pointer that is accepted has exactly one spelling, begins with the release, and agrees with its entry.

#![no_main]

use keyfront_releases::{LogEntry, Pointer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pointer) = Pointer::parse(bytes) else {
        return;
    };
    assert_eq!(pointer.to_bytes(), bytes);
    assert!(bytes.starts_with(format!("{{\"active\":\"{}\"", pointer.active()).as_bytes()));
    assert_eq!(pointer.entry().release, pointer.active());
    let entry = pointer.entry().to_bytes();
    assert_eq!(
        &LogEntry::parse(&entry).expect("what we write"),
        pointer.entry()
    );
});
