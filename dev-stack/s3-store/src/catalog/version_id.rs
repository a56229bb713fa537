//! Names of versions.
//!
//! A name is opaque and does not sort: 12 random bytes, the version's place among those of its key hidden under them, and
//! a check of both, so that an id nobody made is refused as AWS refuses it. The place is in the name so that a listing goes
//! on behind a version that was removed meanwhile.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::data_key::NoRandomness;

const RANDOM: usize = 12;
const PLACE: usize = 8;
const BYTES: usize = RANDOM + PLACE + 4;

/// The name of a version: 32 characters, or `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(Option<[u8; BYTES]>);

/// No version was ever called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid version id")]
pub struct InvalidVersionId;

impl VersionId {
    /// The name of what was written while its bucket kept no versions.
    pub const NULL: Self = Self(None);

    /// A fresh name for the version at `place` among those of its key.
    ///
    /// # Errors
    /// [`NoRandomness`]
    pub fn generate(place: u64) -> Result<Self, NoRandomness> {
        let mut name = [0; BYTES];
        getrandom::fill(&mut name[..RANDOM]).map_err(NoRandomness)?;
        for (at, byte) in place.to_be_bytes().into_iter().enumerate() {
            name[RANDOM + at] = byte ^ name[at];
        }
        let check = check(&name[..RANDOM + PLACE]);
        name[RANDOM + PLACE..].copy_from_slice(&check);
        Ok(Self(Some(name)))
    }

    /// The name a client sent.
    ///
    /// # Errors
    /// [`InvalidVersionId`]
    pub fn parse(text: &str) -> Result<Self, InvalidVersionId> {
        if text == "null" {
            return Ok(Self::NULL);
        }
        let name = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidVersionId)?;
        let name: [u8; BYTES] = name.try_into().map_err(|_| InvalidVersionId)?;
        match check(&name[..RANDOM + PLACE]) == name[RANDOM + PLACE..] {
            true => Ok(Self(Some(name))),
            false => Err(InvalidVersionId),
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.0.is_none()
    }

    /// The version's place among those of its key; `null` does not say.
    pub(super) fn place(&self) -> Option<u64> {
        let name = self.0?;
        let byte = |at| name[RANDOM + at] ^ name[at];
        Some(u64::from_be_bytes(std::array::from_fn(byte)))
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("null"),
            Some(name) => f.write_str(&URL_SAFE_NO_PAD.encode(name)),
        }
    }
}

impl TryFrom<String> for VersionId {
    type Error = InvalidVersionId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.to_string()
    }
}

/// Which of its key's versions a record is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its name.
    pub id: VersionId,
    /// Newer versions have higher places; what was there before its bucket kept versions has 0.
    pub(super) place: u64,
}

impl Stamp {
    pub(super) fn is_of_no_versions(&self) -> bool {
        self.id.is_null() && self.place == 0
    }
}

/// FNV-1a. It keeps out what nobody made by mistake; who may read is not its business.
fn check(bytes: &[u8]) -> [u8; 4] {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step).to_be_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_have_32_characters_say_their_place_and_do_not_sort() {
        let ids: Vec<VersionId> = (0..200)
            .map(|place| VersionId::generate(place << 30).unwrap())
            .collect();
        let texts: Vec<String> = ids.iter().map(VersionId::to_string).collect();
        assert!(texts.iter().all(|text| text.len() == 32));
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 200);
        assert!(!texts.is_sorted() && !texts.is_sorted_by(|a, b| a >= b));
        for (at, text) in texts.iter().enumerate() {
            let read = VersionId::parse(text).unwrap();
            assert_eq!((&read, read.place()), (&ids[at], Some((at as u64) << 30)));
        }
        assert_eq!(VersionId::NULL.to_string(), "null");
        assert_eq!(VersionId::parse("null"), Ok(VersionId::NULL));
        assert_eq!(VersionId::NULL.place(), None);
    }

    #[test]
    fn an_id_nobody_made_is_refused() {
        let id = VersionId::generate(7).unwrap().to_string();
        for at in 0..id.len() {
            let mut other = id.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(VersionId::parse(&other), Err(InvalidVersionId), "{other}");
        }
        for text in [
            "",
            "NULL",
            "abc",
            &id[1..],
            "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD",
        ] {
            assert_eq!(VersionId::parse(text), Err(InvalidVersionId), "{text}");
        }
    }
}
