//! Puts another wrapped key in the place of an envelope's own, and leaves every other entry as it is.
//!
//! It does not check that both wrap the same data key; [`crate::rewrap`] does.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, MAX_INSTRUCTION_FILE, MAX_SEALED_METADATA, Metadata, fields, name};
use crate::context;

/// The fields that say how the data key is wrapped, in either format.
const OF_THE_KEY: [&str; 7] = [
    name::WRAPPED_KEY,
    name::WRAP,
    name::DESCRIPTION,
    name::WRAPPED_KEY_V3,
    name::WRAP_V3,
    name::CONTEXT_V3,
    name::DESCRIPTION_V3,
];

/// An object's metadata with `key` for its key fields.
pub(crate) fn in_metadata(
    metadata: impl IntoIterator<Item = (String, String)>,
    key: Metadata,
) -> Result<Vec<(String, String)>, Error> {
    let replaced = replaced(metadata, key);
    let size = replaced
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > MAX_SEALED_METADATA {
        return Err(Error::MetadataTooLarge(size));
    }
    Ok(replaced)
}

/// The body of an instruction file with `key` for its key fields.
pub(crate) fn in_instruction_file(file: &[u8], key: Metadata) -> Result<String, Error> {
    let entries = context::parse(file).ok_or(Error::InstructionFileInvalid)?;
    let replaced: BTreeMap<_, _> = replaced(entries, key).into_iter().collect();
    let body = context::write(&replaced);
    if body.len() > MAX_INSTRUCTION_FILE {
        return Err(Error::MetadataTooLarge(body.len()));
    }
    Ok(body)
}

fn replaced(
    entries: impl IntoIterator<Item = (String, String)>,
    key: Metadata,
) -> Vec<(String, String)> {
    let mut kept: Vec<_> = entries
        .into_iter()
        .filter(|(name, _)| !fields::known(name).is_some_and(|name| OF_THE_KEY.contains(&name)))
        .collect();
    kept.extend(key.into_iter().map(|(name, value)| (name.into(), value)));
    kept
}
