//! What S3 will be asked to store, decided before any byte of the body is read. Pure.

use super::Declared;
use crate::{
    error::Error,
    media_type::MediaType,
    publisher::{Overwrite, Rule},
};

/// Everything about an object except its key, its body and its encryption, which is always the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The media type to store.
    pub content_type: MediaType,
    /// The content coding the publisher applied.
    pub content_encoding: Option<String>,
    /// `attachment` for active content the rule does not show inline.
    pub content_disposition: Option<&'static str>,
    /// How long caches keep it.
    pub cache_control: String,
    /// What must hold for the key.
    pub precondition: Precondition,
    /// SHA-256 of the body, base64, for S3 to verify.
    pub sha256: Option<String>,
    /// MD5 of the body, base64, for S3 to verify.
    pub md5: Option<String>,
}

/// What must hold for the key when the object is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is no object.
    Absent,
    /// The object has this entity tag.
    Matches(String),
    /// Nothing.
    None,
}

impl Plan {
    /// Draws the plan of an upload.
    ///
    /// # Errors
    /// The rule does not allow it, or conditions contradict each other.
    pub fn draw(rule: &Rule, overwrite: Overwrite, declared: Declared) -> Result<Self, Error> {
        let content_type = declared.content_type.unwrap_or_else(MediaType::unknown);
        rule.admit_upload(&content_type, declared.length, overwrite)?;
        let precondition = match (overwrite, declared.if_match, declared.if_none_match) {
            (Overwrite::Refuse, None, _) => Precondition::Absent,
            (Overwrite::Allow, None, false) => Precondition::None,
            (Overwrite::Allow, Some(etag), false) => Precondition::Matches(etag),
            (Overwrite::Refuse, Some(_), _) => {
                return Err(Error::Header {
                    name: "if-match",
                    reason: "it replaces an object, which needs ?overwrite=true".to_owned(),
                });
            }
            (Overwrite::Allow, _, true) => {
                return Err(Error::Header {
                    name: "if-none-match",
                    reason: "it contradicts ?overwrite=true".to_owned(),
                });
            }
        };
        Ok(Self {
            content_disposition: rule
                .forces_attachment(&content_type)
                .then_some("attachment"),
            content_type,
            content_encoding: declared.content_encoding,
            cache_control: rule.cache_control().to_owned(),
            precondition,
            sha256: declared.sha256,
            md5: declared.md5,
        })
    }
}

impl Precondition {
    /// Names a failed precondition as the caller knows it.
    pub fn explain(&self, error: Error) -> Error {
        match (self, error) {
            (Self::Absent, Error::Precondition) => Error::AlreadyExists,
            (Self::Matches(_), Error::NotFound) => Error::Precondition,
            (_, error) => error,
        }
    }
}
