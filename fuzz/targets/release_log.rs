//! Entries, one a line, that follow from each other have one spelling and one head.

#![no_main]

use keyfront_releases::{Chain, LogEntry, Pointer, Sha256Digest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    let mut chain = Chain::default();
    for line in log.split(|byte| *byte == b'\n') {
        let before = chain.clone();
        if let Ok(entry) = LogEntry::parse(line) {
            assert_eq!(entry.to_bytes(), line);
        }
        match chain.follow(line) {
            Ok(entry) => {
                assert_eq!(entry.previous, before.head());
                let pointer = Pointer::new(entry.clone());
                assert_eq!(chain.head(), Sha256Digest::of(line));
                assert!(chain.demand_pointer(&pointer).is_ok());
                assert!(before.demand_pointer(&pointer).is_ok());
            }
            Err(refusal) => {
                assert!(!refusal.to_string().is_empty());
                assert_eq!(chain, before);
            }
        }
    }
});
