//! Object keys: decoded once, validated by the one set of rules, written in their one wire form.
//!
//! What PUT accepts the CDN can serve, because both sides hold an [`ObjectKey`], and nothing else makes one.
//! It does not know buckets, sites, prefixes of publishers or index documents, and never normalises: NFC and
//! NFD, `a//b` and `a/b`, `dir` and `dir/` are different keys, as they are in S3.

use alloc::string::String;
use core::fmt;

use keyfront_sigv4::uri_encoding::{self, DecodeError};

/// The longest key S3 stores, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;

/// Keyfront's own objects (policies, state) live under this prefix: never served, never writable, behind slashes neither.
pub const RESERVED_PREFIX: &str = ".keyfront/";

/// Why a text is not an object key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no key.
    #[error("key: empty")]
    Empty,
    /// More than [`MAX_KEY_BYTES`].
    #[error("key: {bytes} bytes are more than 1024")]
    TooLong {
        /// The length of the decoded key.
        bytes: usize,
    },
    /// A control character (C0, DEL or C1).
    #[error("key: control character at byte {at}")]
    ControlCharacter {
        /// Offset in the decoded key.
        at: usize,
    },
    /// A segment that is `.` or `..`; some party on the way would resolve it.
    #[error("key: dot segment")]
    DotSegment,
    /// A `%` not followed by two hexadecimal digits in an encoded path.
    #[error("key: invalid percent sequence at byte {at}")]
    PercentSequence {
        /// Offset in the encoded path.
        at: usize,
    },
    /// The decoded bytes are not UTF-8.
    #[error("key: not UTF-8 from byte {at} on")]
    Utf8 {
        /// Offset in the decoded key.
        at: usize,
    },
    /// A legal key that is Keyfront's own. A reader must learn no more than that nothing is there.
    #[error("key: reserved")]
    Reserved,
}

/// A key that S3 stores under exactly this name and that every party on the way leaves alone: 1 to 1,024 bytes
/// of UTF-8 without control characters and dot segments, outside [`RESERVED_PREFIX`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Validates a decoded key.
    ///
    /// # Errors
    /// [`KeyError`], the first rule that is broken; [`KeyError::Reserved`] only if no other rule is.
    pub fn new(decoded: impl Into<String>) -> Result<Self, KeyError> {
        let key = decoded.into();
        validate(&key)?;
        Ok(Self(key))
    }

    /// Decodes a percent-encoded path (what follows its first `/`) once, then validates. `%2F` is a `/` like any
    /// other, `+` is a `+`.
    ///
    /// # Errors
    /// [`KeyError`], as [`ObjectKey::new`], and for texts that cannot be decoded.
    pub fn from_wire_path(encoded: &str) -> Result<Self, KeyError> {
        let decoded = uri_encoding::decode(encoded).map_err(|error| match error {
            DecodeError::Sequence { at } => KeyError::PercentSequence { at },
            DecodeError::Utf8 { at } => KeyError::Utf8 { at },
        })?;
        Self::new(decoded)
    }

    /// The decoded key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one percent-encoded form, without a leading slash.
    #[must_use]
    pub fn wire(&self) -> String {
        uri_encoding::encode_path(&self.0)
    }

    /// [`ObjectKey::wire`] into the end of `out`.
    pub fn append_wire(&self, out: &mut String) {
        uri_encoding::append_path(out, &self.0);
    }

    /// The one path under which viewers read this key and a CDN keeps it, on a site without prefix: what every other
    /// spelling is redirected to, and what an invalidation names. It stays itself in every URL parser.
    #[must_use]
    pub fn viewer_path(&self) -> String {
        let mut path = String::from("/");
        uri_encoding::append_viewer_path(&mut path, &self.0);
        path
    }

    /// The decoded key, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn validate(key: &str) -> Result<(), KeyError> {
    if key.is_empty() {
        return Err(KeyError::Empty);
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(KeyError::TooLong { bytes: key.len() });
    }
    if let Some((at, _)) = key
        .char_indices()
        .find(|(_, character)| character.is_control())
    {
        return Err(KeyError::ControlCharacter { at });
    }
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(KeyError::DotSegment);
    }
    // Some stores take slashes off the beginning of a key.
    if key.trim_start_matches('/').starts_with(RESERVED_PREFIX) {
        return Err(KeyError::Reserved);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
