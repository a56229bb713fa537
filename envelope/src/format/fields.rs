//! The fields of an envelope as they lie in metadata: names, bounds, and the shape of each value.
//!
//! It does not combine fields into an envelope.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::encoded_text;
use crate::context::{self, Description};
use crate::error::Error;
use crate::version::Format;

/// Names without the `x-amz-meta-` prefix.
pub(super) mod name {
    pub(crate) const WRAPPED_KEY_V1: &str = "x-amz-key";
    pub(crate) const WRAPPED_KEY: &str = "x-amz-key-v2";
    pub(crate) const NONCE: &str = "x-amz-iv";
    pub(crate) const DESCRIPTION: &str = "x-amz-matdesc";
    pub(crate) const WRAP: &str = "x-amz-wrap-alg";
    pub(crate) const CONTENT_CIPHER: &str = "x-amz-cek-alg";
    pub(crate) const TAG_LENGTH: &str = "x-amz-tag-len";
    pub(crate) const PLAINTEXT_LENGTH: &str = "x-amz-unencrypted-content-length";
    pub(crate) const INSTRUCTION_FILE: &str = "x-amz-crypto-instr-file";
    pub(crate) const CONTENT_CIPHER_V3: &str = "x-amz-c";
    pub(crate) const WRAPPED_KEY_V3: &str = "x-amz-3";
    pub(crate) const WRAP_V3: &str = "x-amz-w";
    pub(crate) const COMMITMENT: &str = "x-amz-d";
    pub(crate) const MESSAGE_ID: &str = "x-amz-i";
    pub(crate) const CONTEXT_V3: &str = "x-amz-t";
    pub(crate) const DESCRIPTION_V3: &str = "x-amz-m";
}

pub(super) const TAG_LENGTH_BITS: &str = "128";
/// The longest instruction file that is read, in bytes.
pub const MAX_INSTRUCTION_FILE: usize = 16 * 1024;
const PREFIX: &str = "x-amz-meta-";
/// All headers of an answer from S3 together have at most this many bytes.
const MAX_METADATA: usize = 8 * 1024;

const V1_OR_V2: [&str; 7] = [
    name::WRAPPED_KEY_V1,
    name::WRAPPED_KEY,
    name::NONCE,
    name::DESCRIPTION,
    name::WRAP,
    name::CONTENT_CIPHER,
    name::TAG_LENGTH,
];
const V3: [&str; 7] = [
    name::CONTENT_CIPHER_V3,
    name::WRAPPED_KEY_V3,
    name::WRAP_V3,
    name::COMMITMENT,
    name::MESSAGE_ID,
    name::CONTEXT_V3,
    name::DESCRIPTION_V3,
];
const EITHER: [&str; 2] = [name::PLAINTEXT_LENGTH, name::INSTRUCTION_FILE];

/// The fields present, by name.
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Picks an object's fields out of its metadata, under names with or without `x-amz-meta-`.
    pub(super) fn of_object<N: AsRef<str>, V: AsRef<str>>(
        metadata: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Error> {
        let mut fields = BTreeMap::new();
        let mut size = 0;
        for (name, value) in metadata {
            let Some(name) = known(name.as_ref()) else {
                continue;
            };
            let value = value.as_ref();
            size += name.len() + value.len();
            if size > MAX_METADATA {
                return Err(Error::MetadataUnbounded(MAX_METADATA));
            }
            if fields.insert(name, value.to_owned()).is_some() {
                return Err(Error::RepeatedField(name));
            }
        }
        Ok(Self(fields))
    }

    /// Reads an instruction file, which has no other entries than fields.
    pub(super) fn of_instruction_file(body: &[u8]) -> Result<Self, Error> {
        if body.len() > MAX_INSTRUCTION_FILE {
            return Err(Error::MetadataUnbounded(MAX_INSTRUCTION_FILE));
        }
        let entries = context::parse(body).ok_or(Error::InstructionFileInvalid)?;
        let field = |(name, value): (String, String)| {
            let exact = known(&name).filter(|known| *known == name);
            exact
                .map(|name| (name, value))
                .ok_or(Error::InstructionFileEntry)
        };
        entries
            .into_iter()
            .map(field)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The version whose fields these are; `None` if there are none.
    pub(super) fn version(&self) -> Result<Option<Format>, Error> {
        let older = self.any_of(&V1_OR_V2);
        let newer = self.any_of(&V3);
        match (older, newer) {
            (None, None) => Ok(None),
            (Some(_), Some(field)) => Err(Error::MixedFormats(field)),
            (None, Some(_)) => Ok(Some(Format::V3)),
            (Some(_), None) => {
                match (self.has(name::WRAPPED_KEY_V1), self.has(name::WRAPPED_KEY)) {
                    (true, true) => Err(Error::MixedFormats(name::WRAPPED_KEY_V1)),
                    (true, false) => Err(Error::V1Unsupported),
                    (false, true) => Ok(Some(Format::V2)),
                    (false, false) => Err(Error::MissingField(name::WRAPPED_KEY)),
                }
            }
        }
    }

    pub(super) fn has(&self, name: &'static str) -> bool {
        self.0.contains_key(name)
    }

    /// Refuses fields that belong to the other of object and instruction file.
    pub(super) fn refuse(&self, names: &[&'static str]) -> Result<(), Error> {
        self.any_of(names)
            .map_or(Ok(()), |name| Err(Error::MisplacedField(name)))
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or(Error::MissingField(name))
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error> {
        let decoded = BASE64_STANDARD.decode(self.required(name)?).ok();
        decoded
            .filter(|bytes| !bytes.is_empty())
            .ok_or(Error::InvalidField(name))
    }

    pub(super) fn array<const N: usize>(&self, name: &'static str) -> Result<[u8; N], Error> {
        self.bytes(name)?
            .try_into()
            .map_err(|_| Error::InvalidField(name))
    }

    /// A map stored as JSON, as stores return text that is not US-ASCII; absent means empty.
    pub(super) fn description(&self, name: &'static str) -> Result<Description, Error> {
        let Some(stored) = self.0.get(name) else {
            return Ok(Description::new());
        };
        let json = encoded_text::decode(stored).ok_or(Error::InvalidField(name))?;
        context::parse(json.as_bytes()).ok_or(Error::InvalidField(name))
    }

    pub(super) fn content_cipher(&self, name: &'static str, format: Format) -> Result<(), Error> {
        let cipher = self.required(name)?;
        if cipher == format.content_cipher() {
            return Ok(());
        }
        Err(Error::ContentCipherUnsupported(excerpt(cipher)))
    }

    pub(super) fn plaintext_length(&self) -> Result<Option<u64>, Error> {
        let Some(length) = self.0.get(name::PLAINTEXT_LENGTH) else {
            return Ok(None);
        };
        let length = length
            .parse()
            .map_err(|_| Error::InvalidField(name::PLAINTEXT_LENGTH))?;
        Ok(Some(length))
    }

    fn any_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.0.contains_key(name))
    }
}

/// The field of this name, with or without `x-amz-meta-`, in any case.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let bare = match name.split_at_checked(PREFIX.len()) {
        Some((prefix, bare)) if prefix.eq_ignore_ascii_case(PREFIX) => bare,
        _ => name,
    };
    let all = V1_OR_V2.iter().chain(&V3).chain(&EITHER);
    all.copied().find(|known| known.eq_ignore_ascii_case(bare))
}

/// As much of a hostile value as belongs into an error.
pub(super) fn excerpt(value: &str) -> String {
    value.chars().take(32).collect()
}
