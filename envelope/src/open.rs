//! Opening, as a machine that says what it needs next and never fetches anything itself:
//! metadata, maybe the instruction file, the data key, then the body.
//!
//! The order is fixed: policy, unwrapping, commitment, content. Whole objects are verified before
//! any plaintext exists, except by [`Unlocked::stream`], whose user must abort on failure.
//! Ranges, which no tag covers, are in `range`.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::body::{CiphertextGuard, StreamOpener};
use crate::cipher::{ContentKey, Keystream, MAX_CONTENT_LENGTH, TAG_LENGTH};
use crate::context::{self, CIPHER_ENTRY, Description, KmsContext};
use crate::data_key::{self, DataKey, MasterKey};
use crate::error::Error;
use crate::format::{self, Content, Envelope, ObjectPart, Placement, Wrap};
use crate::hosted::HostedGuard;
use crate::key_commitment;
use crate::range::{PlannedRange, RangeOpener, RequestedRange};

/// Whether objects must commit to their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Commitment {
    /// V3 only.
    #[default]
    Required,
    /// V2 as well.
    Optional,
}

impl Commitment {
    /// The names of the settings.
    pub const NAMES: &'static [&'static str] = &["required", "optional"];

    /// The setting's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => Self::NAMES[0],
            Self::Optional => Self::NAMES[1],
        }
    }

    /// The setting of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut settings = [Self::Required, Self::Optional].into_iter();
        settings.find(|setting| setting.name() == name)
    }
}

/// Whether data keys wrapped by the legacy `kms` mode are unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LegacyWraps {
    /// They are not.
    #[default]
    Refused,
    /// They are, for objects of old writers.
    Allowed,
}

/// What a reader accepts. The default is the strictest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenPolicy {
    /// Whether objects must commit to their key.
    pub commitment: Commitment,
    /// Whether legacy wraps are unwrapped.
    pub legacy_wraps: LegacyWraps,
    /// The encryption context the object must have been sealed with, without reserved entries.
    pub context: Description,
}

/// What opening needs next.
#[derive(Debug)]
pub enum Opening {
    /// The object says nothing about its data key: fetch the instruction file.
    NeedsInstructionFile(AwaitingInstructionFile),
    /// The envelope is complete: unwrap the data key.
    NeedsKey(AwaitingKey),
}

/// Begins with the object's user metadata, named with or without `x-amz-meta-`.
///
/// # Errors
/// Any refusal of the metadata or by the policy.
pub fn begin<N: AsRef<str>, V: AsRef<str>>(
    metadata: impl IntoIterator<Item = (N, V)>,
    policy: OpenPolicy,
) -> Result<Opening, Error> {
    match format::read(metadata)? {
        Placement::OnObject(envelope) => {
            AwaitingKey::admit(envelope, &policy).map(Opening::NeedsKey)
        }
        Placement::InInstructionFile(object) => {
            Ok(Opening::NeedsInstructionFile(AwaitingInstructionFile {
                object,
                policy,
            }))
        }
    }
}

/// Waits for the instruction file.
#[derive(Debug)]
pub struct AwaitingInstructionFile {
    object: ObjectPart,
    policy: OpenPolicy,
}

impl AwaitingInstructionFile {
    /// Goes on with the body of `<key>.instruction`, of which no more than
    /// [`crate::MAX_INSTRUCTION_FILE`] bytes plus one need to be read.
    ///
    /// # Errors
    /// Any refusal of the instruction file or by the policy.
    pub fn supply(self, body: &[u8]) -> Result<AwaitingKey, Error> {
        AwaitingKey::admit(self.object.complete(body)?, &self.policy)
    }

    /// There is no instruction file.
    #[must_use]
    pub fn absent(self) -> Error {
        Error::NotAnEnvelope
    }
}

/// What the data key is unwrapped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyNeed<'a> {
    /// KMS `Decrypt`, with the reader's *configured* key id, then [`AwaitingKey::unlock`].
    KmsDecrypt {
        /// `CiphertextBlob`.
        ciphertext: &'a [u8],
        /// `EncryptionContext`, whole.
        context: &'a Description,
    },
    /// The client-side master key, by [`AwaitingKey::unlock_with_master`].
    MasterKey {
        /// Names the master key; not authenticated.
        description: &'a Description,
    },
}

impl Envelope {
    pub(crate) fn need(&self) -> KeyNeed<'_> {
        match self.wrap {
            Wrap::KmsContext | Wrap::Kms => KeyNeed::KmsDecrypt {
                ciphertext: &self.wrapped_key,
                context: &self.description,
            },
            Wrap::AesGcm => KeyNeed::MasterKey {
                description: &self.description,
            },
        }
    }
}

/// Waits for the data key.
#[derive(Debug)]
pub struct AwaitingKey {
    envelope: Envelope,
}

impl AwaitingKey {
    fn admit(envelope: Envelope, policy: &OpenPolicy) -> Result<Self, Error> {
        check_policy(&envelope, policy)?;
        Ok(Self { envelope })
    }

    /// Waits for the data key of an envelope that has passed [`check_policy`].
    pub(crate) fn of_checked(envelope: Envelope) -> Self {
        Self { envelope }
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

    /// Goes on with the data key KMS has decrypted.
    ///
    /// # Errors
    /// [`Error::CommitmentMismatch`]; [`Error::WrapMismatch`] if it was not for KMS to decrypt.
    pub fn unlock(self, data_key: &DataKey) -> Result<Unlocked, Error> {
        match self.envelope.wrap {
            Wrap::KmsContext | Wrap::Kms => self.unlocked(data_key),
            Wrap::AesGcm => Err(Error::WrapMismatch),
        }
    }

    /// Goes on with the client-side master key.
    ///
    /// # Errors
    /// [`Error::UnwrapFailed`] or [`Error::CommitmentMismatch`]; [`Error::WrapMismatch`] if the data
    /// key is wrapped by KMS.
    pub fn unlock_with_master(self, master: &MasterKey) -> Result<Unlocked, Error> {
        let data_key = self.unwrap_with_master(master)?;
        self.unlocked(&data_key)
    }

    pub(crate) fn unwrap_with_master(&self, master: &MasterKey) -> Result<DataKey, Error> {
        match self.envelope.wrap {
            Wrap::KmsContext | Wrap::Kms => Err(Error::WrapMismatch),
            Wrap::AesGcm => {
                data_key::unwrap(self.envelope.format(), &self.envelope.wrapped_key, master)
            }
        }
    }

    pub(crate) fn unlocked(self, data_key: &DataKey) -> Result<Unlocked, Error> {
        let Envelope {
            content,
            plaintext_length,
            ..
        } = &self.envelope;
        Unlocked::new(content, data_key, *plaintext_length)
    }
}

/// Whether the policy lets this envelope be opened.
pub(crate) fn check_policy(envelope: &Envelope, policy: &OpenPolicy) -> Result<(), Error> {
    context::refuse_reserved(&policy.context)?;
    match envelope.content {
        Content::V2 { .. } if policy.commitment == Commitment::Required => {
            return Err(Error::CommitmentRequired);
        }
        Content::V2 { .. } | Content::V3 { .. } => {}
    }
    if context_is_expected(envelope, policy)? {
        Ok(())
    } else {
        Err(Error::ContextMismatch)
    }
}

fn context_is_expected(envelope: &Envelope, policy: &OpenPolicy) -> Result<bool, Error> {
    let stored = &envelope.description;
    match envelope.wrap {
        Wrap::KmsContext => {
            let context = KmsContext::stored(envelope.format(), stored)?;
            Ok(context::agrees(context.entries(), &policy.context))
        }
        Wrap::Kms if policy.legacy_wraps == LegacyWraps::Refused => Err(Error::LegacyWrap("kms")),
        // Neither wrap binds a context, so a reader who expects one must not be content with it,
        // and a `kms+context` envelope must not pass for a legacy one.
        Wrap::Kms => Ok(policy.context.is_empty() && !stored.contains_key(CIPHER_ENTRY)),
        Wrap::AesGcm => Ok(policy.context.is_empty()),
    }
}

/// An object whose content key is known and, for V3, committed to.
#[derive(Debug)]
pub struct Unlocked {
    key: ContentKey,
    announced: Option<u64>,
}

impl Unlocked {
    pub(crate) fn new(
        content: &Content,
        data_key: &DataKey,
        announced: Option<u64>,
    ) -> Result<Self, Error> {
        let key = match content {
            Content::V2 { nonce } => {
                ContentKey::new(Zeroizing::new(*data_key.bytes()), *nonce, &[])
            }
            Content::V3 {
                message_id,
                commitment,
            } => key_commitment::check(data_key, message_id, commitment)?,
        };
        Ok(Self { key, announced })
    }

    /// Length of the plaintext in bytes, given the length of the object's body.
    ///
    /// # Errors
    /// [`Error::BodyLength`] if no such body can belong to this envelope.
    pub fn plaintext_length(&self, body_length: u64) -> Result<u64, Error> {
        body_length
            .checked_sub(TAG_LENGTH as u64)
            .filter(|length| *length <= MAX_CONTENT_LENGTH)
            .filter(|length| self.announced.is_none_or(|announced| announced == *length))
            .ok_or(Error::BodyLength(body_length))
    }

    /// Turns the whole body into its plaintext, after verifying all of it.
    ///
    /// # Errors
    /// [`Error::BodyLength`] or [`Error::TagMismatch`]; the body is unchanged then.
    pub fn open_verified(&self, body: &mut Vec<u8>) -> Result<(), Error> {
        let mut guard = self.guard(body.len() as u64)?;
        let content = guard.admit(body)?;
        guard.finish()?;
        body.truncate(content);
        Keystream::from_start(&self.key).apply(body);
        Ok(())
    }

    /// Streams the whole body, releasing plaintext *before* it is verified.
    ///
    /// # Errors
    /// [`Error::BodyLength`] if no such body can belong to this envelope.
    pub fn stream(&self, body_length: u64) -> Result<StreamOpener, Error> {
        Ok(StreamOpener::new(
            &self.key,
            self.plaintext_length(body_length)?,
        ))
    }

    /// Watches over a body which the platform's own AES-CTR decrypts with [`Self::content_key`].
    ///
    /// # Errors
    /// [`Error::BodyLength`] if no such body can belong to this envelope.
    pub fn guard(&self, body_length: u64) -> Result<CiphertextGuard, Error> {
        Ok(CiphertextGuard::new(
            &self.key,
            self.plaintext_length(body_length)?,
        ))
    }

    /// Watches over a body which the platform's own AES-CTR decrypts and its own AES-GCM hashes.
    ///
    /// # Errors
    /// [`Error::BodyLength`] if no such body can belong to this envelope.
    pub fn hosted_guard(&self, body_length: u64) -> Result<HostedGuard, Error> {
        Ok(HostedGuard::new(
            &self.key,
            self.plaintext_length(body_length)?,
        ))
    }

    /// Finds what must be fetched for a range of the plaintext.
    ///
    /// # Errors
    /// [`Error::RangeNotSatisfiable`], or [`Error::BodyLength`] as for the whole body.
    pub fn plan_range(
        &self,
        range: RequestedRange,
        body_length: u64,
    ) -> Result<PlannedRange, Error> {
        PlannedRange::new(range, self.plaintext_length(body_length)?)
    }

    /// Decrypts a planned range. No tag covers a range: its bytes are *not* authenticated.
    pub fn range(&self, planned: &PlannedRange) -> RangeOpener {
        RangeOpener::new(&self.key, planned)
    }

    /// The key for a platform that runs AES-CTR itself.
    #[must_use]
    pub fn content_key(&self) -> &ContentKey {
        &self.key
    }
}
