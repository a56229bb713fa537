//! What a reader opens, and how objects of which size leave it.
//!
//! It holds settings that are validated already; where they come from is the adapters'.

use alloc::string::String;

use crate::context::{self, Description, content_context};
use crate::error::Error;
use crate::format::Wrap;
use crate::open::{Commitment, LegacyWraps, OpenPolicy};

/// The verify limit of a reader that sets none, in bytes.
pub const DEFAULT_VERIFY_LIMIT: u64 = 8 << 20;

/// A reader's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderPolicy {
    /// The bucket: part of the context that an object of Keyfront's is accepted with.
    pub bucket: String,
    /// Whether objects must commit to their key.
    pub commitment: Commitment,
    /// The one context accepted besides Keyfront's own, without reserved entries.
    pub foreign_context: Option<Description>,
    /// The wraps of data keys that are accepted.
    pub wraps: AcceptedWraps,
    /// Bytes of plaintext up to which an object is verified entirely before its first byte leaves.
    pub verify_limit: u64,
    /// How larger objects are served.
    pub over_limit: OverLimit,
}

/// Which wraps of data keys a reader accepts. Legacy wraps never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedWraps {
    /// `kms+context` alone.
    Kms,
    /// The reader has a client-side master key as well.
    KmsAndMasterKey,
}

/// What happens with an object over the verify limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverLimit {
    /// It is streamed, and broken off if it does not verify; ranges of it are not authenticated.
    #[default]
    Stream,
    /// Ranges of it are served as with `Stream`; the whole is [`ReadFailure::UseRange`](super::ReadFailure::UseRange).
    RangesOnly,
    /// Another reader serves it.
    Elsewhere,
}

/// How a plaintext leaves the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The whole object is verified before the first byte leaves; caches may keep it as the object says.
    Verified,
    /// It is decrypted as it arrives; no cache may keep it.
    Streamed,
}

/// One kind of envelope that is accepted.
pub(super) struct Accepted {
    pub(super) wrap: Wrap,
    pub(super) policy: OpenPolicy,
}

impl ReaderPolicy {
    /// How an object with this many bytes of plaintext leaves. An empty one is always verified: it has no byte that
    /// could be held back.
    #[must_use]
    pub fn delivery(&self, plaintext_length: u64) -> Delivery {
        if plaintext_length <= self.verify_limit {
            Delivery::Verified
        } else {
            Delivery::Streamed
        }
    }

    /// What an object under `key` is accepted as: by Keyfront's own context, the foreign one, or a master key.
    pub(super) fn accepted(&self, key: &str) -> impl Iterator<Item = Accepted> {
        let own = (Wrap::KmsContext, content_context(&self.bucket, key));
        let foreign = self.foreign_context.clone();
        let foreign = foreign.map(|context| (Wrap::KmsContext, context));
        // A master key binds no context, so none can be expected.
        let master = (self.wraps == AcceptedWraps::KmsAndMasterKey)
            .then(|| (Wrap::AesGcm, Description::new()));
        let commitment = self.commitment;
        let all = [Some(own), foreign, master].into_iter().flatten();
        all.map(move |(wrap, context)| Accepted {
            wrap,
            policy: OpenPolicy {
                commitment,
                legacy_wraps: LegacyWraps::Refused,
                context,
            },
        })
    }
}

/// Checks a context that is to be accepted besides Keyfront's own.
///
/// # Errors
/// [`Error::ReservedContextEntry`] if it has an entry of the format's own.
pub fn check_foreign_context(context: &Description) -> Result<(), Error> {
    context::refuse_reserved(context)
}
