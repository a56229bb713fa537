//! A policy that is accepted means the same when it is written again, by us or by any other writer of JSON.

#![no_main]

use keyfront_origin_core::publisher::{PolicyError, Publishers};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|document: &[u8]| {
    match Publishers::parse(document) {
        Ok(policy) => {
            let written = policy
                .to_json()
                .expect("its moments were read from RFC 3339");
            assert_eq!(Publishers::parse(&written).expect("what we write"), policy);
            let value: Value = serde_json::from_slice(document).expect("it was read before");
            let other = Publishers::parse(value.to_string().as_bytes()).expect("the same policy");
            assert_eq!(other, policy);
        }
        // Of another version nothing but its number is read.
        Err(PolicyError::Schema(_) | PolicyError::Version(_)) => {}
        // A policy that can be read is refused for a reason that its author can look up.
        Err(refusal) => {
            assert!(
                serde_json::from_slice::<Value>(document).is_ok(),
                "{refusal}"
            );
            assert!(!refusal.to_string().is_empty());
        }
    }
});
