//! Sealed metadata: what a publisher says about an object for publishers only, and the form it has in the object's
//! metadata.
//!
//! It seals and opens nothing: data keys are the origin's.

mod details;
mod entry;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    details::Details,
    entry::{NAME, NONCE_LENGTH, SealedEntry, decoded},
};

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsealed {
    /// Id of the publisher who stored the object.
    pub uploader: String,
    /// When, in seconds since 1970.
    pub uploaded_at: i64,
    /// The file's name as the publisher gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The publisher's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A page's own texts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// What an object has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataRead {
    /// No entry.
    Absent,
    /// An entry that was altered, moved from another object, or is not one of ours.
    Invalid,
    /// An entry.
    Unsealed(Unsealed),
}
