//! Encryption contexts and material descriptions: small maps of strings, stored as JSON.
//!
//! It does not know which of the two an object carries; the format does.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::version::Format;

/// Entries by name: a KMS encryption context, or what distinguishes one master key from another.
pub type Description = BTreeMap<String, String>;

/// The entry in which the content cipher is bound into the data key's KMS ciphertext.
pub(crate) const CIPHER_ENTRY: &str = "aws:x-amz-cek-alg";
/// The entry legacy writers added for the legacy `kms` wrap.
pub(crate) const KEY_ID_ENTRY: &str = "kms_cmk_id";

/// The entry by which the publishers' page names the publisher's own key that an object is sealed with.
pub(crate) const PUBLISHER_KEY_ENTRY: &str = "keyfront-key";
/// Hexadecimal digits of that name.
const PUBLISHER_KEY_DIGITS: usize = 24;

/// The name of the publisher's own key among what describes a master key.
pub(crate) fn publisher_key(description: &Description) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let id = description.get(PUBLISHER_KEY_ENTRY)?.as_str();
    (id.len() == PUBLISHER_KEY_DIGITS && id.bytes().all(is_digit)).then_some(id)
}

/// The encryption context for KMS `GenerateDataKey`: the caller's entries and the format's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsContext {
    entries: Description,
    format: Format,
}

impl KmsContext {
    /// Adds the format's reserved entry to the caller's.
    ///
    /// # Errors
    /// [`Error::ReservedContextEntry`] if the caller supplies `aws:x-amz-cek-alg` or `kms_cmk_id`:
    /// readers ignore both when they compare contexts, so neither could bind anything.
    pub fn new(format: Format, mut caller: Description) -> Result<Self, Error> {
        refuse_reserved(&caller)?;
        caller.insert(CIPHER_ENTRY.into(), format.content_cipher().into());
        Ok(Self {
            entries: caller,
            format,
        })
    }

    /// The context of a stored envelope, reserved entries included.
    ///
    /// # Errors
    /// [`Error::ContextMismatch`] if it does not bind the format's content cipher: a V3 data key in a V2 envelope would
    /// escape its commitment.
    pub(crate) fn stored(format: Format, entries: &Description) -> Result<Self, Error> {
        let cipher = entries.get(CIPHER_ENTRY).map(String::as_str);
        if cipher != Some(format.content_cipher()) {
            return Err(Error::ContextMismatch);
        }
        Ok(Self {
            entries: entries.clone(),
            format,
        })
    }

    /// What KMS must be given, whole.
    #[must_use]
    pub fn entries(&self) -> &Description {
        &self.entries
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn into_entries(self) -> Description {
        self.entries
    }
}

/// The context by which Keyfront binds a data key to its object: the bucket, the purpose, and the object key's SHA-256
/// in hexadecimal, since contexts appear in clear in metadata and logs. IAM policies condition on these names.
#[must_use]
pub fn content_context(bucket: &str, key: &str) -> Description {
    let digest = Sha256::digest(key.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, *byte]);
    Description::from([
        ("bucket".into(), bucket.into()),
        ("purpose".into(), "content".into()),
        (
            "key-sha256".into(),
            digits.map(|half| hex_digit(half.into())).collect(),
        ),
    ])
}

/// Refuses a caller's context that names an entry the format keeps for itself.
pub(crate) fn refuse_reserved(caller: &Description) -> Result<(), Error> {
    match [CIPHER_ENTRY, KEY_ID_ENTRY]
        .into_iter()
        .find(|name| caller.contains_key(*name))
    {
        Some(name) => Err(Error::ReservedContextEntry(name.into())),
        None => Ok(()),
    }
}

/// Whether the stored context, less the reserved entries, is the caller's.
pub(crate) fn agrees(stored: &Description, caller: &Description) -> bool {
    let own = |name: &String| name != CIPHER_ENTRY && name != KEY_ID_ENTRY;
    stored
        .iter()
        .filter(|(name, _)| own(name))
        .eq(caller.iter())
}

/// Parses one JSON object of strings; a repeated name is an error, since parsers disagree on it.
pub(crate) fn parse(json: &[u8]) -> Option<Description> {
    serde_json::from_slice::<UniqueStrings>(json)
        .ok()
        .map(|parsed| parsed.0)
}

/// Writes JSON in ASCII only: S3 re-encodes other characters in metadata, and readers would differ.
pub(crate) fn write<N: AsRef<str>>(entries: impl IntoIterator<Item = (N, N)>) -> String {
    let mut json = String::from("{");
    for (name, value) in entries {
        if json.len() > 1 {
            json.push(',');
        }
        write_string(&mut json, name.as_ref());
        json.push(':');
        write_string(&mut json, value.as_ref());
    }
    json.push('}');
    json
}

fn write_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            ' '..='~' => json.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    json.push_str("\\u");
                    json.extend([12, 8, 4, 0].map(|shift| hex_digit(*unit >> shift)));
                }
            }
        }
    }
    json.push('"');
}

fn hex_digit(value: u16) -> char {
    char::from(b"0123456789abcdef"[usize::from(value & 15)])
}

struct UniqueStrings(Description);

impl<'de> Deserialize<'de> for UniqueStrings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueStringsVisitor)
    }
}

struct UniqueStringsVisitor;

impl<'de> Visitor<'de> for UniqueStringsVisitor {
    type Value = UniqueStrings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings with distinct names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueStrings, A::Error> {
        let mut entries = Description::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if entries.insert(name, value).is_some() {
                return Err(A::Error::custom("a repeated name"));
            }
        }
        Ok(UniqueStrings(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Description {
        entries
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn reserved_entries_of_the_caller_are_an_error() {
        for name in [CIPHER_ENTRY, KEY_ID_ENTRY] {
            let refused = KmsContext::new(Format::V3, map(&[(name, "x")]));
            assert_eq!(refused, Err(Error::ReservedContextEntry(name.into())));
        }
    }

    #[test]
    fn a_content_context_names_the_object_by_its_hash() {
        let context = content_context("media", "abc");
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = [
            ("bucket", "media"),
            ("purpose", "content"),
            ("key-sha256", hash),
        ];
        assert_eq!(context, map(&expected));
    }

    #[test]
    fn the_cipher_is_bound_into_the_kms_context() {
        let v3 = KmsContext::new(Format::V3, map(&[("a", "b")])).unwrap();
        assert_eq!(v3.entries(), &map(&[("a", "b"), (CIPHER_ENTRY, "115")]));
        let v2 = KmsContext::new(Format::V2, map(&[])).unwrap();
        assert_eq!(v2.entries(), &map(&[(CIPHER_ENTRY, "AES/GCM/NoPadding")]));
    }

    #[test]
    fn a_context_agrees_only_without_missing_changed_or_added_entries() {
        let stored = map(&[("a", "b"), (CIPHER_ENTRY, "115"), (KEY_ID_ENTRY, "k")]);
        assert!(agrees(&stored, &map(&[("a", "b")])));
        assert!(!agrees(&stored, &map(&[])));
        assert!(!agrees(&stored, &map(&[("a", "c")])));
        assert!(!agrees(&stored, &map(&[("a", "b"), ("c", "d")])));
    }

    #[test]
    fn json_is_written_in_ascii_and_read_back() {
        let entries = map(&[("name \"q\" \\", "ключ \u{1f511}\n\u{7f}"), ("", "")]);
        let json = write(&entries);
        assert!(json.is_ascii());
        assert_eq!(parse(json.as_bytes()), Some(entries));
        assert_eq!(write(&Description::new()), "{}");
    }

    #[test]
    fn json_with_repeated_names_or_other_values_than_strings_is_refused() {
        for json in [
            r#"{"a":"1","a":"1"}"#,
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            "[]",
            "",
            r#"{"a":"b"} x"#,
        ] {
            assert_eq!(parse(json.as_bytes()), None, "{json}");
        }
    }
}
