//! What S3 will be asked to store, decided before any byte of the body is read. Pure.

use super::Declared;
use crate::{
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    publisher::{Overwrite, Rule},
};

/// Everything about an object except its key and its body.
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
    /// How it is encrypted.
    pub encryption: EncryptionMode,
    /// User metadata, named without `x-amz-meta-`.
    pub metadata: Vec<(&'static str, String)>,
    /// SHA-256 of the body, base64, for S3 to verify.
    pub sha256: Option<String>,
    /// MD5 of the body, base64, for S3 to verify.
    pub md5: Option<String>,
}

/// What an upload's query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whether an object may be replaced.
    pub overwrite: Overwrite,
    /// The encryption mode, if one is named.
    pub encryption: Option<EncryptionMode>,
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
    pub fn draw(rule: &Rule, asked: Asked, declared: Declared) -> Result<Self, Error> {
        let overwrite = asked.overwrite;
        let content_type = declared.content_type.unwrap_or_else(MediaType::unknown);
        rule.admit_upload(&content_type, declared.length, overwrite)?;
        let encryption = rule.admit_encryption(asked.encryption)?;
        if encryption.envelope().is_some() && declared.md5.is_some() {
            return Err(Error::Header {
                name: "content-md5",
                reason: "an envelope's content is verified by content-digest".to_owned(),
            });
        }
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
            encryption,
            metadata: Vec::new(),
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
