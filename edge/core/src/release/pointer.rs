//! The pointer `current.json`, read in its one form.
//!
//! Canonical JSON (RFC 8785) sorts `active` first: `{"active":"64 HEX DIGITS","encoded":"css html","entry":{...},"v":1}`. So no
//! JSON has to be understood to read the two fields that matter, and bytes in any other form are no pointer. What the entry says
//! is not read.

use alloc::{borrow::ToOwned, string::String};

use crate::text::is_sha256_hex;

/// More than the extensions of any site.
const LONGEST_LIST: usize = 1_024;

/// The active release of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// 64 lower-case hexadecimal digits.
    pub(crate) release: String,
    /// The extensions of which every file has its encoded variants, separated by spaces.
    pub(crate) encoded: String,
}

impl Pointer {
    /// Reads a pointer; `None` for every other text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("{\"active\":\"")?;
        let (release, rest) = rest.split_at_checked(64)?;
        let rest = rest.strip_prefix("\",\"encoded\":\"")?;
        let end = rest.bytes().position(|byte| byte == b'"')?;
        let (encoded, rest) = rest.split_at_checked(end)?;
        let entry = rest.strip_prefix("\",\"entry\":{")?;
        let is_list = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && byte != b'\\');
        let is_pointer = is_sha256_hex(release)
            && end <= LONGEST_LIST
            && encoded.bytes().all(is_list)
            && entry.ends_with("},\"v\":1}");
        is_pointer.then(|| Self {
            release: release.to_owned(),
            encoded: encoded.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pointer;

    fn written(release: &str, encoded: &str, entry: &str) -> String {
        format!(r#"{{"active":"{release}","encoded":"{encoded}","entry":{entry},"v":1}}"#)
    }

    #[test]
    fn a_pointer_is_read_in_its_one_form() {
        let id = "0f".repeat(32);
        let read = Pointer::read(&written(&id, "css html js", r#"{"n":1,"by":"a"}"#)).unwrap();
        assert_eq!(
            (read.release.as_str(), read.encoded.as_str()),
            (id.as_str(), "css html js")
        );
        assert_eq!(Pointer::read(&written(&id, "", "{}")).unwrap().encoded, "");
    }

    #[test]
    fn every_other_text_is_no_pointer() {
        let id = "0f".repeat(32);
        let right = written(&id, "css", r#"{"n":1}"#);
        for end in 0..right.len() {
            assert_eq!(Pointer::read(&right[..end]), None, "{end}");
        }
        for wrong in [
            format!("{right} "),
            format!(" {right}"),
            format!("\u{feff}{right}"),
            right.replace("\"v\":1", "\"v\":2"),
            right.replace("0f", "0F"),
            right.replacen("0f", "/.", 1),
            right.replacen("0f", "\u{e9}", 1),
            right.replace("css", "c\\ss"),
            right.replace("css", "c\u{e9}s"),
            right.replace("css", &"a".repeat(1_025)),
            right.replace("{\"n\":1}", "[]"),
            right.replace("\"active\"", "\"Active\""),
            r#"{"encoded":"css","active":""}"#.to_owned(),
        ] {
            assert_eq!(Pointer::read(&wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_as_a_pointer_names_64_hexadecimal_digits(
            text in r#"\{"active":"[0-9a-f./%é]{62,66}","encoded":"[a-z \\/"é]{0,9}","entry":\{.{0,9}\},"v":[12]\}"#,
        ) {
            if let Some(pointer) = Pointer::read(&text) {
                prop_assert_eq!(pointer.release.len(), 64);
                prop_assert!(pointer.release.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
                let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                prop_assert!(value.is_null() || value["active"] == pointer.release.as_str());
            }
        }
    }
}
