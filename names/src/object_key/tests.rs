use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use proptest::prelude::*;

use super::*;

fn key(encoded: &str) -> Result<String, KeyError> {
    ObjectKey::from_wire_path(encoded).map(ObjectKey::into_string)
}

#[test]
fn literal_plus_is_a_plus_and_leaves_as_percent_2b() {
    let key = ObjectKey::from_wire_path("a+b%2Bc%20d").unwrap();
    assert_eq!(key.as_str(), "a+b+c d");
    assert_eq!(key.wire(), "a%2Bb%2Bc%20d");
}

#[test]
fn encoded_slash_is_treated_as_a_slash() {
    assert_eq!(key("a%2Fb"), Ok("a/b".to_string()));
    assert_eq!(key("a%2F..%2Fb"), Err(KeyError::DotSegment));
    assert_eq!(
        key("%2Ekeyfront%2fpublishers.json"),
        Err(KeyError::Reserved)
    );
}

#[test]
fn a_key_is_decoded_once() {
    assert_eq!(key("%252e%252e/a"), Ok("%2e%2e/a".to_string()));
    assert_eq!(ObjectKey::from_wire_path("%2541").unwrap().wire(), "%2541");
}

#[test]
fn every_spelling_of_a_dot_segment_is_refused() {
    for encoded in [
        ".", "..", "a/.", "a/..", "./a", "../a", "a/../b", "a/%2e/b", "a/%2E%2e", ".%2e/a", "%2e",
        "a%2f..", "//..",
    ] {
        assert_eq!(key(encoded), Err(KeyError::DotSegment), "{encoded}");
    }
}

#[test]
fn dots_inside_names_are_legal() {
    for encoded in [
        "...",
        "a/...",
        ".hidden",
        "a..b",
        "a/.well-known/x",
        "..a",
        "a.",
        "v1.2/readme",
    ] {
        assert_eq!(key(encoded).as_deref(), Ok(encoded));
    }
}

#[test]
fn double_and_trailing_slashes_are_part_of_the_key() {
    for encoded in ["a//b", "a/", "/", "//", "/a", "a///"] {
        let key = ObjectKey::from_wire_path(encoded).unwrap();
        assert_eq!(key.as_str(), encoded);
        assert_eq!(key.wire(), encoded);
    }
}

#[test]
fn control_characters_are_refused_raw_and_encoded() {
    assert_eq!(key("a%00"), Err(KeyError::ControlCharacter { at: 1 }));
    assert_eq!(
        key("a%0d%0aHost:x"),
        Err(KeyError::ControlCharacter { at: 1 })
    );
    assert_eq!(key("a\tb"), Err(KeyError::ControlCharacter { at: 1 }));
    assert_eq!(key("%7f"), Err(KeyError::ControlCharacter { at: 0 }));
    assert_eq!(key("ok%C2%85"), Err(KeyError::ControlCharacter { at: 2 }));
}

#[test]
fn invalid_percent_sequences_are_refused_with_their_place() {
    for (encoded, at) in [
        ("%", 0),
        ("a%", 1),
        ("a%2", 1),
        ("ab%zz", 2),
        ("%4é", 0),
        ("%%41", 0),
        ("100%", 3),
    ] {
        assert_eq!(
            key(encoded),
            Err(KeyError::PercentSequence { at }),
            "{encoded}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    assert_eq!(key("ab%FF"), Err(KeyError::Utf8 { at: 2 }));
    // An overlong slash and a surrogate: the classics of filters that decode by hand.
    assert_eq!(key("%C0%AF"), Err(KeyError::Utf8 { at: 0 }));
    assert_eq!(key("%ED%A0%80"), Err(KeyError::Utf8 { at: 0 }));
}

#[test]
fn the_limit_is_1024_bytes_of_the_decoded_key() {
    assert!(ObjectKey::new("k".repeat(1024)).is_ok());
    assert_eq!(
        ObjectKey::new("k".repeat(1025)),
        Err(KeyError::TooLong { bytes: 1025 })
    );
    // 512 two-byte letters are 3,072 characters on the wire.
    let encoded = "%C3%A9".repeat(512);
    assert_eq!(ObjectKey::from_wire_path(&encoded).unwrap().wire(), encoded);
    assert_eq!(
        key(&format!("{encoded}a")),
        Err(KeyError::TooLong { bytes: 1025 })
    );
}

#[test]
fn no_key_is_not_a_key() {
    assert_eq!(key(""), Err(KeyError::Empty));
}

#[test]
fn only_the_reserved_prefix_is_reserved() {
    assert_eq!(key(".keyfront/"), Err(KeyError::Reserved));
    assert_eq!(key(".keyfront/state/x"), Err(KeyError::Reserved));
    assert_eq!(key("/.keyfront/x"), Err(KeyError::Reserved));
    assert_eq!(key("//.keyfront/x"), Err(KeyError::Reserved));
    for legal in [
        ".keyfront",
        ".keyfront-docs/a",
        "a/.keyfront/b",
        ".Keyfront/a",
        "/a/.keyfront/b",
    ] {
        assert_eq!(key(legal).as_deref(), Ok(legal));
    }
}

#[test]
fn a_reserved_key_that_breaks_another_rule_is_reported_as_that() {
    assert_eq!(key(".keyfront/../a"), Err(KeyError::DotSegment));
}

#[test]
fn nfc_and_nfd_are_different_keys() {
    let (composed, decomposed) = (key("%C3%A9").unwrap(), key("e%CC%81").unwrap());
    assert_ne!(composed, decomposed);
    assert_eq!(ObjectKey::new(decomposed).unwrap().wire(), "e%CC%81");
}

#[test]
fn wire_can_be_appended_to_a_path() {
    let mut path = String::from("/bucket/");
    ObjectKey::new("a b/é").unwrap().append_wire(&mut path);
    assert_eq!(path, "/bucket/a%20b/%C3%A9");
}

proptest! {
    #[test]
    fn the_wire_form_decodes_to_the_same_key(text in "\\PC{1,300}") {
        if let Ok(key) = ObjectKey::new(text) {
            let wire = key.wire();
            prop_assert_eq!(ObjectKey::from_wire_path(&wire), Ok(key));
            prop_assert!(uri_encoding::is_strict_path(&wire));
        }
    }

    #[test]
    fn the_viewers_path_decodes_to_the_same_key_and_is_its_own_spelling(text in "\\PC{1,300}") {
        if let Ok(key) = ObjectKey::new(text) {
            let path = key.viewer_path();
            let read = ObjectKey::from_wire_path(path.strip_prefix('/').unwrap());
            prop_assert_eq!(read.as_ref().map(ObjectKey::viewer_path), Ok(path.clone()));
            prop_assert_eq!(read, Ok(key));
            prop_assert!(path.is_ascii() && uri_encoding::is_viewer_path(&path));
        }
    }

    #[test]
    fn no_input_panics_and_what_is_accepted_obeys_the_rules(bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(key) = ObjectKey::from_wire_path(&text) {
            let key = key.as_str();
            prop_assert!(!key.is_empty() && key.len() <= MAX_KEY_BYTES);
            prop_assert!(!key.chars().any(char::is_control));
            prop_assert!(!key.split('/').any(|segment| segment == "." || segment == ".."));
            prop_assert!(!key.starts_with(RESERVED_PREFIX));
        }
    }

    #[test]
    fn percent_heavy_input_does_not_panic(text in "[%0-9a-fA-F./+ é]{0,60}") {
        let _ = ObjectKey::from_wire_path(&text);
    }
}
