//! What S3 will be asked to store, decided before any byte of the body is read.

use super::Declared;
use crate::{
    caching::Caching,
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    object::{ATTACHMENT, ObjectAttributes, Precondition, sandbox_mark},
    publisher::{Overwrite, Rule},
};

/// Everything about a `PUT` except its key and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    /// What is stored with the object.
    pub attributes: ObjectAttributes,
    /// How it is encrypted.
    pub encryption: EncryptionMode,
    /// What must hold for the key.
    pub precondition: Precondition,
    /// SHA-256 of the body, base64, for S3 to verify.
    pub sha256: Option<String>,
    /// MD5 of the body, base64, for S3 to verify.
    pub md5: Option<String>,
}

/// What an upload's query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishOptions {
    /// Whether an object may be replaced.
    pub overwrite: Overwrite,
    /// The encryption mode, if one is named.
    pub encryption: Option<EncryptionMode>,
    /// How long copies are kept, if shorter than the rule says.
    pub caching: Option<Caching>,
}

impl PublishPlan {
    /// Draws the plan of an upload.
    ///
    /// # Errors
    /// The rule does not allow it, or conditions contradict each other.
    pub fn draw(rule: &Rule, options: PublishOptions, declared: Declared) -> Result<Self, Error> {
        let overwrite = options.overwrite;
        let content_type = declared.content_type.unwrap_or_else(MediaType::unknown);
        rule.admit_upload(&content_type, declared.length, overwrite)?;
        let encryption = rule.admit_encryption(options.encryption)?;
        if encryption.envelope().is_some() && declared.md5.is_some() {
            return Err(Error::Header {
                name: "content-md5",
                reason: "it cannot verify an envelope; use content-digest".to_owned(),
            });
        }
        let precondition = precondition(overwrite, declared.if_match, declared.if_none_match)?;
        Ok(Self {
            attributes: ObjectAttributes {
                content_disposition: rule
                    .forces_attachment(&content_type)
                    .then(|| ATTACHMENT.to_owned()),
                content_type: content_type.as_str().to_owned(),
                content_encoding: declared.content_encoding,
                cache_control: rule.admit_caching(options.caching)?,
                metadata: sandbox_mark(rule.sandboxes(&content_type)),
                server_side: encryption.server_side(),
            },
            encryption,
            precondition,
            sha256: declared.sha256,
            md5: declared.md5,
        })
    }
}

fn precondition(
    overwrite: Overwrite,
    if_match: Option<String>,
    if_none_match: bool,
) -> Result<Precondition, Error> {
    let refuse = |name, reason: &str| {
        Err(Error::Header {
            name,
            reason: reason.to_owned(),
        })
    };
    match (overwrite, if_match, if_none_match) {
        (Overwrite::Refuse, None, _) => Ok(Precondition::Absent),
        (Overwrite::Allow, None, false) => Ok(Precondition::None),
        (Overwrite::Allow, Some(etag), false) => Ok(Precondition::Matches(etag)),
        (Overwrite::Refuse, Some(_), _) => refuse(
            "if-match",
            "it replaces an object, which needs ?overwrite=true",
        ),
        (Overwrite::Allow, _, true) => refuse("if-none-match", "it contradicts ?overwrite=true"),
    }
}
