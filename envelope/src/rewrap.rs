//! Re-wrapping: an object's data key under another wrapping key. Content, cipher, nonce or message id, commitment and
//! lengths stay as they are, byte for byte; so does the encryption context, where KMS wrapped and wraps again.
//!
//! It calls neither S3 nor KMS, and does not decide which keys may have wrapped: who rewraps names them to KMS, as
//! readers do, since a key that a stranger chose must not become one of ours. Any context is accepted, because none
//! changes. Legacy wraps, V1 and AES-CBC are refused as readers refuse them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq;

use crate::context::{Description, KmsContext};
use crate::data_key::{DataKey, MasterKey, WrappedDataKey};
use crate::error::Error;
use crate::format::{self, Envelope, ObjectPart, Placement, Wrap};
use crate::open::{AwaitingKey, KeyNeed};
use crate::version::Format;

/// What re-wrapping needs next.
#[derive(Debug)]
pub enum Rewrapping {
    /// The data key, unwrapped.
    NeedsKey(WrappedEnvelope),
    /// The object's instruction file, where its wrapped key is.
    NeedsInstructionFile(SplitEnvelope),
}

/// Begins with the object's user metadata, named with or without `x-amz-meta-`.
///
/// # Errors
/// Any refusal of the metadata; [`Error::LegacyWrap`], [`Error::ContextMismatch`].
pub fn begin_rewrap<N: AsRef<str>, V: AsRef<str>>(
    metadata: impl IntoIterator<Item = (N, V)>,
) -> Result<Rewrapping, Error> {
    Ok(match format::read(metadata)? {
        Placement::OnObject(envelope) => Rewrapping::NeedsKey(WrappedEnvelope::admit(envelope)?),
        Placement::InInstructionFile(object) => {
            Rewrapping::NeedsInstructionFile(SplitEnvelope { object })
        }
    })
}

/// An object that does not say how its data key is wrapped.
#[derive(Debug)]
pub struct SplitEnvelope {
    object: ObjectPart,
}

impl SplitEnvelope {
    /// Whether the object has its half of a V3 envelope. If not, it is sealed only if it has an instruction file.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.object.is_committed()
    }

    /// Goes on with the body of the instruction file.
    ///
    /// # Errors
    /// Any refusal of the instruction file, or as [`begin_rewrap`].
    pub fn supply(self, file: &[u8]) -> Result<WrappedEnvelope, Error> {
        WrappedEnvelope::admit(self.object.complete(file)?)
    }
}

/// An envelope whose data key is still to be unwrapped.
#[derive(Debug)]
pub struct WrappedEnvelope {
    envelope: Envelope,
    context: Option<KmsContext>,
}

impl WrappedEnvelope {
    fn admit(envelope: Envelope) -> Result<Self, Error> {
        let context = match envelope.wrap() {
            Wrap::KmsContext => Some(KmsContext::stored(
                envelope.format(),
                &envelope.description,
            )?),
            Wrap::AesGcm => None,
            Wrap::Kms => return Err(Error::LegacyWrap("kms")),
        };
        Ok(Self { envelope, context })
    }

    /// What the data key is unwrapped with.
    #[must_use]
    pub fn need(&self) -> KeyNeed<'_> {
        self.envelope.need()
    }

    /// The envelope as it was read.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Takes the data key that KMS has decrypted.
    ///
    /// # Errors
    /// [`Error::CommitmentMismatch`] if the object commits to another one; [`Error::WrapMismatch`] if it was not for KMS
    /// to decrypt.
    pub fn unwrapped(&self, data_key: DataKey) -> Result<UnwrappedKey, Error> {
        self.awaiting().unlock(&data_key)?;
        Ok(self.holding(data_key))
    }

    /// Unwraps the data key with a client-side master key.
    ///
    /// # Errors
    /// [`Error::UnwrapFailed`] or [`Error::CommitmentMismatch`]; [`Error::WrapMismatch`] if KMS wrapped it.
    pub fn unwrap_with_master(&self, master: &MasterKey) -> Result<UnwrappedKey, Error> {
        let awaiting = self.awaiting();
        let data_key = awaiting.unwrap_with_master(master)?;
        awaiting.unlocked(&data_key)?;
        Ok(self.holding(data_key))
    }

    fn awaiting(&self) -> AwaitingKey {
        AwaitingKey::of_checked(self.envelope.clone())
    }

    fn holding(&self, data_key: DataKey) -> UnwrappedKey {
        UnwrappedKey {
            data_key,
            format: self.envelope.format(),
            context: self.context.clone(),
        }
    }
}

/// An object's data key in the clear, checked against the object's commitment where it has one.
pub struct UnwrappedKey {
    data_key: DataKey,
    format: Format,
    context: Option<KmsContext>,
}

impl UnwrappedKey {
    /// The key, for KMS `Encrypt` to wrap.
    #[must_use]
    pub fn data_key(&self) -> &DataKey {
        &self.data_key
    }

    /// The context KMS wraps anew with: the one it had, or where a master key wrapped, `otherwise`.
    ///
    /// # Errors
    /// As [`KmsContext::new`] for `otherwise`.
    pub fn kms_context(&self, otherwise: Description) -> Result<KmsContext, Error> {
        match &self.context {
            Some(context) => Ok(context.clone()),
            None => KmsContext::new(self.format, otherwise),
        }
    }

    /// The key as KMS `Encrypt` has wrapped it, called with exactly `context`.
    ///
    /// # Errors
    /// [`Error::WrappedKeyLength`]; [`Error::WrapMismatch`] if the context is of another format.
    pub fn wrapped_by_kms(
        &self,
        ciphertext_blob: Vec<u8>,
        context: KmsContext,
    ) -> Result<WrappedDataKey, Error> {
        if context.format() != self.format {
            return Err(Error::WrapMismatch);
        }
        WrappedDataKey::from_kms(self.data_key.duplicate(), ciphertext_blob, context)
    }

    /// The key wrapped by a client-side master key; for `nonce` and `description` see
    /// [`WrappedDataKey::by_master_key`].
    #[must_use]
    pub fn wrapped_by_master_key(
        &self,
        master: &MasterKey,
        nonce: [u8; 12],
        description: Description,
    ) -> WrappedDataKey {
        let data_key = self.data_key.duplicate();
        WrappedDataKey::by_master_key(self.format, data_key, master, nonce, description)
    }

    /// Whether both are the same key, in constant time: what V2, which commits to none, is verified by.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.format == other.format
            && bool::from(self.data_key.bytes().ct_eq(other.data_key.bytes()))
    }
}

impl fmt::Debug for UnwrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnwrappedKey")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl WrappedDataKey {
    /// An object's metadata, named without `x-amz-meta-`, with this wrap in the place of the old one. Every other entry
    /// is kept.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`] over S3's 2 KB.
    pub fn replace_in(
        &self,
        metadata: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<(String, String)>, Error> {
        format::in_metadata(metadata, self.fields())
    }

    /// The body of an instruction file with this wrap in the place of the old one.
    ///
    /// # Errors
    /// [`Error::InstructionFileInvalid`], [`Error::MetadataTooLarge`].
    pub fn replace_in_instruction_file(&self, file: &[u8]) -> Result<String, Error> {
        format::in_instruction_file(file, self.fields())
    }

    fn fields(&self) -> format::Metadata {
        format::key_fields(self.format, self.wrap, &self.wrapped, &self.description)
    }
}
