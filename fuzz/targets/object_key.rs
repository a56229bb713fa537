//! A key that is admitted keeps every rule, has one wire form, and comes back from it.

#![no_main]

use keyfront_names::{KeyError, MAX_KEY_BYTES, ObjectKey, RESERVED_PREFIX};
use keyfront_sigv4::uri_encoding::is_strict_path;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    check(ObjectKey::new(text));
    check(ObjectKey::from_wire_path(text));
});

fn check(key: Result<ObjectKey, KeyError>) {
    let Ok(key) = key else { return };
    let text = key.as_str();
    assert!((1..=MAX_KEY_BYTES).contains(&text.len()));
    assert!(!text.chars().any(char::is_control));
    assert!(
        !text
            .split('/')
            .any(|segment| segment == "." || segment == "..")
    );
    assert!(!text.starts_with(RESERVED_PREFIX));
    let wire = key.wire();
    assert!(is_strict_path(&wire));
    assert_eq!(ObjectKey::from_wire_path(&wire), Ok(key));
}
