//! What an envelope looks like in S3: the metadata fields of V2 and V3 and the instruction file.
//!
//! It distinguishes versions and checks every field's shape. It does not decide whether a reader may
//! open the object, and holds no key in the clear.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::context::{self, Description};
use crate::error::Error;
use crate::key_commitment::{KeyCommitment, MessageId};
use crate::version::Format;

mod encoded_text;
mod fields;
mod replace;

pub use fields::MAX_INSTRUCTION_FILE;
use fields::{Fields, name};
pub(crate) use replace::{in_instruction_file, in_metadata};

/// S3's limit for an object's user metadata, names and values, in bytes.
pub const MAX_SEALED_METADATA: usize = 2048;
/// Appended to an object's key, this names its instruction file.
pub const INSTRUCTION_FILE_SUFFIX: &str = ".instruction";
/// The metadata entry that marks an object as an instruction file; its value is empty.
pub const INSTRUCTION_FILE_MARKER: &str = name::INSTRUCTION_FILE;

/// Metadata entries to store with an object, named without the `x-amz-meta-` prefix.
pub type Metadata = Vec<(&'static str, String)>;

/// The key of the instruction file that belongs to an object.
#[must_use]
pub fn instruction_file_key(object_key: &str) -> String {
    format!("{object_key}{INSTRUCTION_FILE_SUFFIX}")
}

/// How the data key is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    /// By KMS, with an encryption context that names the content cipher.
    KmsContext,
    /// By AES-GCM under a client-side master key.
    AesGcm,
    /// By KMS in the legacy mode, whose context binds nothing of the caller's. Only opened.
    Kms,
}

impl Wrap {
    fn field_value(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::KmsContext, Format::V2) => "kms+context",
            (Self::AesGcm, Format::V2) => "AES/GCM",
            (Self::Kms, _) => "kms",
            (Self::KmsContext, Format::V3) => "12",
            (Self::AesGcm, Format::V3) => "02",
        }
    }

    fn read(value: &str, format: Format) -> Result<Self, Error> {
        let known: &[Self] = match format {
            Format::V2 => &[Self::KmsContext, Self::AesGcm, Self::Kms],
            Format::V3 => &[Self::KmsContext, Self::AesGcm],
        };
        let wrap = known.iter().find(|wrap| wrap.field_value(format) == value);
        wrap.copied()
            .ok_or_else(|| Error::WrapUnsupported(fields::excerpt(value)))
    }
}

/// Everything stored about an object's encryption. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(crate) content: Content,
    pub(crate) wrap: Wrap,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) description: Description,
    pub(crate) plaintext_length: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    V2 {
        nonce: [u8; 12],
    },
    V3 {
        message_id: MessageId,
        commitment: KeyCommitment,
    },
}

/// What an object's metadata alone say about an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// Nothing. The object may still have a V2 envelope in its instruction file.
    Nothing,
    /// The whole envelope.
    Envelope(Envelope),
    /// Half a V3 envelope; the rest is in the instruction file.
    InInstructionFile,
}

/// Recognises an envelope without deciding whether it may be opened.
///
/// # Errors
/// Metadata that begin to describe an envelope and do not describe one.
pub fn recognise<N: AsRef<str>, V: AsRef<str>>(
    metadata: impl IntoIterator<Item = (N, V)>,
) -> Result<Recognised, Error> {
    Ok(match read(metadata)? {
        Placement::OnObject(envelope) => Recognised::Envelope(envelope),
        Placement::InInstructionFile(ObjectPart {
            committed: Some(_), ..
        }) => Recognised::InInstructionFile,
        Placement::InInstructionFile(_) => Recognised::Nothing,
    })
}

/// Where an object's envelope was found.
pub(crate) enum Placement {
    OnObject(Envelope),
    InInstructionFile(ObjectPart),
}

/// What an object whose envelope is in an instruction file still says itself.
#[derive(Debug)]
pub(crate) struct ObjectPart {
    committed: Option<Content>,
    plaintext_length: Option<u64>,
}

impl Envelope {
    /// The version of the format.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.content {
            Content::V2 { .. } => Format::V2,
            Content::V3 { .. } => Format::V3,
        }
    }

    /// How the data key is wrapped.
    #[must_use]
    pub fn wrap(&self) -> Wrap {
        self.wrap
    }

    /// Bytes of the content before it was sealed, where the envelope tells.
    #[must_use]
    pub fn plaintext_length(&self) -> Option<u64> {
        self.plaintext_length
    }

    /// What the object says about its key: the context of a KMS wrap, the name of a master key. Nothing of it is
    /// verified before the data key is unwrapped, and what describes a master key not even then.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The name of the publisher's own key that the object was sealed with in a browser. Nobody else has that key, and nothing of
    /// the name is verified.
    #[must_use]
    pub fn publisher_key(&self) -> Option<&str> {
        match self.wrap {
            Wrap::AesGcm => context::publisher_key(&self.description),
            Wrap::KmsContext | Wrap::Kms => None,
        }
    }

    /// The metadata to store with the object.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`] over S3's 2 KB; [`Self::with_instruction_file`] has room for more.
    pub fn metadata(&self) -> Result<Metadata, Error> {
        let mut metadata = self.content_fields();
        metadata.extend(self.key_fields());
        metadata.extend(self.length_field());
        within_s3_limit(metadata)
    }

    /// The metadata to store with the object, and the body of its instruction file.
    ///
    /// The instruction file goes to [`instruction_file_key`] with the metadata entry
    /// [`INSTRUCTION_FILE_MARKER`], before the object. Who deletes the object deletes it as well.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`] if the body would be over [`MAX_INSTRUCTION_FILE`] bytes.
    pub fn with_instruction_file(&self) -> Result<(Metadata, String), Error> {
        let (mut metadata, mut file) = (self.content_fields(), self.key_fields());
        if self.format() == Format::V2 {
            // V2 keeps everything together; V3 keeps the commitment with what it commits for.
            file.append(&mut metadata);
        }
        metadata.extend(self.length_field());
        let body = context::write(file.iter().map(|(name, value)| (*name, value.as_str())));
        if body.len() > MAX_INSTRUCTION_FILE {
            return Err(Error::MetadataTooLarge(body.len()));
        }
        Ok((within_s3_limit(metadata)?, body))
    }

    fn content_fields(&self) -> Metadata {
        let cipher = self.format().content_cipher().to_owned();
        match &self.content {
            Content::V2 { nonce } => alloc::vec![
                (name::CONTENT_CIPHER, cipher),
                (name::TAG_LENGTH, fields::TAG_LENGTH_BITS.to_owned()),
                (name::NONCE, BASE64_STANDARD.encode(nonce)),
            ],
            Content::V3 {
                message_id,
                commitment,
            } => alloc::vec![
                (name::CONTENT_CIPHER_V3, cipher),
                (name::COMMITMENT, BASE64_STANDARD.encode(commitment)),
                (name::MESSAGE_ID, BASE64_STANDARD.encode(message_id)),
            ],
        }
    }

    fn key_fields(&self) -> Metadata {
        key_fields(
            self.format(),
            self.wrap,
            &self.wrapped_key,
            &self.description,
        )
    }

    fn length_field(&self) -> Option<(&'static str, String)> {
        self.plaintext_length
            .map(|length| (name::PLAINTEXT_LENGTH, length.to_string()))
    }
}

/// How a data key is wrapped, as an envelope of this format says it.
pub(crate) fn key_fields(
    format: Format,
    wrap: Wrap,
    wrapped_key: &[u8],
    description: &Description,
) -> Metadata {
    let wrapped = BASE64_STANDARD.encode(wrapped_key);
    let description = context::write(description);
    let wrap_name = wrap.field_value(format).to_owned();
    match (format, wrap) {
        (Format::V2, _) => alloc::vec![
            (name::WRAPPED_KEY, wrapped),
            (name::WRAP, wrap_name),
            (name::DESCRIPTION, description),
        ],
        (Format::V3, Wrap::KmsContext | Wrap::Kms) => alloc::vec![
            (name::WRAPPED_KEY_V3, wrapped),
            (name::WRAP_V3, wrap_name),
            (name::CONTEXT_V3, description),
        ],
        (Format::V3, Wrap::AesGcm) => alloc::vec![
            (name::WRAPPED_KEY_V3, wrapped),
            (name::WRAP_V3, wrap_name),
            (name::DESCRIPTION_V3, description),
        ],
    }
}

/// Reads the metadata of an object; entries the format does not know are passed over.
pub(crate) fn read<N: AsRef<str>, V: AsRef<str>>(
    metadata: impl IntoIterator<Item = (N, V)>,
) -> Result<Placement, Error> {
    let fields = Fields::of_object(metadata)?;
    let plaintext_length = fields.plaintext_length()?;
    match fields.version()? {
        Some(Format::V3) if fields.has(name::WRAPPED_KEY_V3) => {
            envelope(&fields, read_committed(&fields)?, plaintext_length).map(Placement::OnObject)
        }
        Some(Format::V3) => {
            fields.refuse(&[name::WRAP_V3, name::CONTEXT_V3, name::DESCRIPTION_V3])?;
            let committed = Some(read_committed(&fields)?);
            Ok(Placement::InInstructionFile(ObjectPart {
                committed,
                plaintext_length,
            }))
        }
        Some(Format::V2) => {
            envelope(&fields, read_uncommitted(&fields)?, plaintext_length).map(Placement::OnObject)
        }
        None => Ok(Placement::InInstructionFile(ObjectPart {
            committed: None,
            plaintext_length,
        })),
    }
}

impl ObjectPart {
    /// Whether it is half a V3 envelope.
    pub(crate) fn is_committed(&self) -> bool {
        self.committed.is_some()
    }

    /// Completes the envelope by the body of the instruction file.
    pub(crate) fn complete(self, instruction_file: &[u8]) -> Result<Envelope, Error> {
        let file = Fields::of_instruction_file(instruction_file)?;
        // A commitment beside the key it commits to could be replaced together with it.
        file.refuse(&[name::CONTENT_CIPHER_V3, name::COMMITMENT, name::MESSAGE_ID])?;
        let content = match (self.committed, file.version()?) {
            (_, None) => return Err(Error::NotAnEnvelope),
            (Some(committed), Some(Format::V3)) => committed,
            (Some(_), Some(Format::V2)) => return Err(Error::MixedFormats(name::WRAPPED_KEY)),
            (None, Some(Format::V2)) => read_uncommitted(&file)?,
            (None, Some(Format::V3)) => return Err(Error::MissingField(name::COMMITMENT)),
        };
        envelope(&file, content, self.plaintext_length)
    }
}

fn envelope(
    key: &Fields,
    content: Content,
    plaintext_length: Option<u64>,
) -> Result<Envelope, Error> {
    let (format, wrapped, wrap) = match content {
        Content::V2 { .. } => (Format::V2, name::WRAPPED_KEY, name::WRAP),
        Content::V3 { .. } => (Format::V3, name::WRAPPED_KEY_V3, name::WRAP_V3),
    };
    let wrap = Wrap::read(key.required(wrap)?, format)?;
    let description = match (format, wrap) {
        (Format::V2, _) => name::DESCRIPTION,
        (Format::V3, Wrap::AesGcm) => name::DESCRIPTION_V3,
        (Format::V3, Wrap::KmsContext | Wrap::Kms) => name::CONTEXT_V3,
    };
    Ok(Envelope {
        content,
        wrap,
        wrapped_key: key.bytes(wrapped)?,
        description: key.description(description)?,
        plaintext_length,
    })
}

fn read_uncommitted(fields: &Fields) -> Result<Content, Error> {
    fields.content_cipher(name::CONTENT_CIPHER, Format::V2)?;
    // Some writers leave it out. It says nothing: the cipher has no other.
    if fields.has(name::TAG_LENGTH) && fields.required(name::TAG_LENGTH)? != fields::TAG_LENGTH_BITS
    {
        return Err(Error::InvalidField(name::TAG_LENGTH));
    }
    Ok(Content::V2 {
        nonce: fields.array(name::NONCE)?,
    })
}

fn read_committed(fields: &Fields) -> Result<Content, Error> {
    fields.content_cipher(name::CONTENT_CIPHER_V3, Format::V3)?;
    let message_id = fields.array(name::MESSAGE_ID)?;
    Ok(Content::V3 {
        message_id,
        commitment: fields.array(name::COMMITMENT)?,
    })
}

fn within_s3_limit(metadata: Metadata) -> Result<Metadata, Error> {
    let size = metadata
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > MAX_SEALED_METADATA {
        Err(Error::MetadataTooLarge(size))
    } else {
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests;
