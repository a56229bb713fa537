//! An entry that can be read is written in one way only, and what is read is what was written.

#![no_main]

use keyfront_origin_core::sealed_metadata::{SealedEntry, decoded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(entry) = SealedEntry::read(bytes)
        && let Some(written) = entry.written()
    {
        let again = decoded(&written).expect("what we write");
        assert_eq!(again, bytes);
        assert_eq!(SealedEntry::read(&again), Some(entry));
    }
    let text = str::from_utf8(bytes).unwrap_or_default();
    if let Some(bytes) = decoded(text)
        && let Some(entry) = SealedEntry::read(&bytes)
    {
        assert_eq!(entry.written().as_deref(), Some(text));
        assert!(!entry.wrapped.is_empty() && entry.sealed.len() >= 16);
    }
});
