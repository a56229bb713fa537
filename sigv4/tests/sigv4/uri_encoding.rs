//! The one percent-encoder: one spelling for every value, and back.

use keyfront_sigv4::uri_encoding::{
    DecodeError, append_respelled_component, decode, encode_component, encode_path,
    encode_viewer_path, is_strict_component, is_strict_path, is_viewer_path,
};
use proptest::prelude::*;

#[test]
fn only_unreserved_characters_and_a_paths_slash_stay() {
    let ascii: String = (0_u8..128).map(char::from).collect();
    let expected: String = ascii
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    assert_eq!(encode_component(&ascii), expected);
    assert_eq!(encode_path(&ascii), expected.replace("%2F", "/"));
}

#[test]
fn a_viewers_path_keeps_what_rfc_3986_lets_stand_in_a_segment() {
    let ascii: String = (0_u8..128).map(char::from).collect();
    let expected: String = ascii
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte if b"-._~!$&'()*+,;=:@/".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    assert_eq!(encode_viewer_path(&ascii), expected);
    assert_eq!(encode_viewer_path("é/👩"), "%C3%A9/%F0%9F%91%A9");
    for other in [
        "/%61", "/%7Ex", "/a%2fb", "/a%2Fb", "/a%28", "/é", "/a b", "/%c3%a9",
    ] {
        assert!(!is_viewer_path(other), "{other}");
    }
}

#[test]
fn every_byte_of_a_character_is_escaped() {
    assert_eq!(encode_path("é/Ж/👩"), "%C3%A9/%D0%96/%F0%9F%91%A9");
    assert_eq!(encode_component("aéb"), "a%C3%A9b");
}

#[test]
fn a_plus_is_a_plus() {
    assert_eq!(decode("a+b").unwrap(), "a+b");
    assert_eq!(encode_component("a+b"), "a%2Bb");
}

#[test]
fn decoding_happens_once() {
    assert_eq!(decode("%2541%252F").unwrap(), "%41%2F");
}

#[test]
fn either_case_of_digits_is_decoded_but_only_upper_case_is_strict() {
    assert_eq!(decode("%c3%A9").unwrap(), "é");
    assert!(is_strict_path("%C3%A9") && !is_strict_path("%c3%a9"));
}

#[test]
fn needless_escapes_are_not_strict() {
    for needless in ["%41", "%7E", "%2D"] {
        assert!(
            !is_strict_path(needless) && !is_strict_component(needless),
            "{needless}"
        );
    }
    assert!(is_strict_component("%2F") && !is_strict_path("%2F"));
    assert!(is_strict_path("/") && !is_strict_component("/"));
}

#[test]
fn broken_escapes_are_named_by_their_place() {
    for (text, at) in [("%", 0), ("ab%4", 2), ("%C3%g0", 3), ("%é", 0)] {
        assert_eq!(decode(text), Err(DecodeError::Sequence { at }), "{text}");
    }
    assert_eq!(decode("a%FF"), Err(DecodeError::Utf8 { at: 1 }));
}

#[test]
fn respelling_keeps_bytes_that_are_not_utf_8() {
    let mut out = String::new();
    append_respelled_component(&mut out, "%ff%7e/é").unwrap();
    assert_eq!(out, "%FF~%2F%C3%A9");
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(text: String) {
        let (path, component) = (encode_path(&text), encode_component(&text));
        let viewers = encode_viewer_path(&text);
        prop_assert_eq!(decode(&viewers).unwrap(), text.as_str());
        prop_assert_eq!(decode(&path).unwrap(), text.as_str());
        prop_assert_eq!(decode(&component).unwrap(), text.as_str());
    }

    #[test]
    fn what_is_encoded_is_strict(text: String) {
        prop_assert!(is_strict_path(&encode_path(&text)));
        prop_assert!(is_viewer_path(&encode_viewer_path(&text)));
        prop_assert!(is_strict_component(&encode_component(&text)));
    }

    #[test]
    fn a_strict_text_is_the_encoding_of_what_it_decodes_to(text in "([a-z%/.+~'(é]|%[0-9A-Fa-f]{2}){0,20}") {
        if let Ok(decoded) = decode(&text) {
            prop_assert_eq!(is_strict_path(&text), encode_path(&decoded) == text);
            prop_assert_eq!(is_strict_component(&text), encode_component(&decoded) == text);
            prop_assert_eq!(is_viewer_path(&text), encode_viewer_path(&decoded) == text);
        }
    }

    #[test]
    fn respelling_is_decoding_and_encoding(text: String) {
        let mut respelled = String::new();
        if let (Ok(()), Ok(decoded)) = (append_respelled_component(&mut respelled, &text), decode(&text)) {
            prop_assert_eq!(respelled, encode_component(&decoded));
        }
    }

    #[test]
    fn no_text_panics(text in "[%0-9a-fG-Z+/é]{0,40}") {
        let _ = (decode(&text), is_strict_path(&text), is_strict_component(&text), is_viewer_path(&text));
        let _ = append_respelled_component(&mut String::new(), &text);
    }
}
