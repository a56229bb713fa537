//! Every text survives encoding, every decodable text has one strict spelling, and "strict" means exactly that.

#![no_main]

use keyfront_sigv4::uri_encoding::{
    append_respelled_component, decode, encode_component, encode_path, encode_viewer_path,
    is_strict_component, is_strict_path, is_viewer_path,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (encoded, is_strict) in [
        (encode_path(text), is_strict_path(&encode_path(text))),
        (
            encode_component(text),
            is_strict_component(&encode_component(text)),
        ),
        (
            encode_viewer_path(text),
            is_viewer_path(&encode_viewer_path(text)),
        ),
    ] {
        assert_eq!(decode(&encoded).as_deref(), Ok(text));
        assert!(is_strict && encoded.is_ascii());
    }
    let decoded = decode(text);
    let respelled_by = |encode: fn(&str) -> String| decoded.as_deref().ok().map(encode);
    // Escapes that are not UTF-8 may be strict, and have no decoded form.
    if decoded.is_ok() {
        assert_eq!(
            is_strict_path(text),
            respelled_by(encode_path).as_deref() == Some(text)
        );
        assert_eq!(
            is_strict_component(text),
            respelled_by(encode_component).as_deref() == Some(text)
        );
    }
    let mut respelled = String::new();
    if append_respelled_component(&mut respelled, text).is_ok() {
        assert!(is_strict_component(&respelled));
        assert_eq!(decode(&respelled), decoded);
    } else {
        assert!(decoded.is_err());
    }
});
