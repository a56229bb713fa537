//! Why a call was refused: a code that the page has words for, and a sentence for whoever looks closer.
//!
//! Neither holds a key or anything derived from one.

use keyfront_envelope::Error;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A frame is shorter or longer than its call says, or not UTF-8: the page and the module are of two versions.
    #[error("the frame is not what this call takes")]
    Frame,
    /// A call that is not due: no file was begun, or it has ended.
    #[error("no file has been begun that this call could go on with")]
    OutOfOrder,
    /// Argon2id has not enough memory.
    #[error("there is not enough memory to derive a key from the passphrase")]
    Memory,
    /// The envelope's own refusal.
    #[error(transparent)]
    Envelope(#[from] Error),
}

impl Refused {
    /// The page's word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Frame | Self::OutOfOrder => "internal",
            Self::Memory => "memory",
            Self::Envelope(error) => code(error),
        }
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::ContentTooLong => "too-long",
        Error::ContentChanged => "file-changed",
        Error::NotAnEnvelope => "not-sealed",
        // The tag of the wrapped data key: another key, or altered metadata. Which one cannot be known.
        Error::UnwrapFailed => "wrong-key",
        Error::CommitmentMismatch | Error::TagMismatch => "altered",
        Error::BodyLength(_) | Error::Truncated { .. } => "incomplete",
        Error::CommitmentRequired
        | Error::LegacyWrap(_)
        | Error::ContextMismatch
        | Error::V1Unsupported
        | Error::ContentCipherUnsupported(_)
        | Error::WrapUnsupported(_)
        | Error::WrapMismatch => "unsupported",
        Error::MixedFormats(_)
        | Error::MissingField(_)
        | Error::MisplacedField(_)
        | Error::RepeatedField(_)
        | Error::InvalidField(_)
        | Error::MetadataUnbounded(_)
        | Error::InstructionFileInvalid
        | Error::InstructionFileEntry => "envelope-invalid",
        // A mistake of the page's; the enum may grow.
        _ => "internal",
    }
}
