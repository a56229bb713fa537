//! The object format of the Amazon S3 Encryption Client: what turns plaintext and a data key into
//! an object body with its metadata, and back.
//!
//! Every step takes its inputs as values: the data key, the random bytes, the metadata, the bytes
//! of the body. Memory use does not depend on the object's size.
//!
//! It does not talk to S3 or KMS, does not generate randomness, and does not decide who may read
//! what. The old V1 format and AES-CBC content are recognised and refused, never opened.
//!
//! | Format | Content | Keyfront |
//! |---|---|---|
//! | V3 | AES-256-GCM, key derived per object and committed to | sealed by default, opened |
//! | V2 | AES-256-GCM under the data key itself | sealed on request, opened where [`Commitment::Optional`] allows it |
//! | V2 with AES-CBC, V1 | AES-CBC, unauthenticated | refused |
//!
//! | Wrap of the data key | sealed | opened |
//! |---|---|---|
//! | `kms+context` (`12`) | yes | yes |
//! | `AES/GCM` (`02`), a 256-bit master key | yes | yes |
//! | `kms` | no | with [`LegacyWraps::Allowed`] |
//! | `AESWrap`, `RSA-OAEP-SHA1` (`22`) and anything else | no | refused |
//!
//! [`mod@reader`] has the decisions of Keyfront's two readers, the origin and the Worker; both refuse legacy wraps.
//!
//! The crate is published, for programs besides Keyfront's own, and two things here are for those alone.
//! [`LegacyWraps::Allowed`] serves programs that migrate objects of clients older than `kms+context`: they open such an
//! object once, to seal it anew.
//!
//! Programs that expect one context use [`begin`]; one whose platform has a faster AES decrypts with
//! [`Unlocked::content_key`] under a [`CiphertextGuard`] or, as the Worker does, a [`HostedGuard`].
//! [`seal_hosted`] seals with such a platform, in segments and in any order, as the publishers' page does in a browser.
//! [`ObjectShare`] is what opens one object for whoever is given it, in place of the master key.
//! [`begin_rewrap`] gives a sealed object another wrapping key, by its metadata or its instruction file alone.
//! [`Envelope::with_instruction_file`] serves writers whose context does not fit into S3's metadata.
//!
//! On x86-64 processors with AVX-512, found at run time, AES-GCM runs 512 bits at a time (`cipher::fused`,
//! `cipher::ghash::wide`). It serves the origin, whose sealing and opening of large objects the cipher bounds; every
//! other target takes the portable path, and properties hold the two to the same results.
//!
//! ```
//! use keyfront_envelope::{
//!     DataKey, Description, Format, KeyNeed, KmsContext, OpenPolicy, Opening, Seed, WrappedDataKey,
//!     begin, seal,
//! };
//! # fn main() -> Result<(), keyfront_envelope::Error> {
//! # let (plaintext_key, ciphertext_blob, random) = ([7; 32], vec![1], [9; 28]);
//! let tenant = Description::from([("tenant".into(), "a".into())]);
//! let context = KmsContext::new(Format::V3, tenant.clone())?;
//! // KMS GenerateDataKey (AES_256) with `context.entries()` answers the two forms of the key.
//! let key = WrappedDataKey::from_kms(DataKey::new(plaintext_key), ciphertext_blob, context)?;
//! let (mut sealer, envelope) = seal(key, Seed::from_random(random), Some(7))?;
//! let mut body = b"content".to_vec();
//! sealer.seal(&mut body)?;
//! body.extend(sealer.finish()?);
//! let metadata = envelope.metadata()?;
//!
//! let policy = OpenPolicy { context: tenant, ..OpenPolicy::default() };
//! let awaiting = match begin(metadata, policy)? {
//!     Opening::NeedsKey(awaiting) => awaiting,
//!     Opening::NeedsInstructionFile(awaiting) => return Err(awaiting.absent()),
//! };
//! assert!(matches!(awaiting.need(), KeyNeed::KmsDecrypt { .. }));
//! awaiting.unlock(&DataKey::new(plaintext_key))?.open_verified(&mut body)?;
//! assert_eq!(body, b"content");
//! # Ok(())
//! # }
//! ```
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;
#[cfg(test)]
extern crate std;

/// The README's example runs with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod body;
mod cipher;
mod context;
mod data_key;
mod error;
mod format;
mod hosted;
mod key_commitment;
mod open;
mod range;
pub mod reader;
mod rewrap;
mod seal;
mod share;
mod version;

pub use body::{CiphertextGuard, StreamOpener};
pub use cipher::{ContentKey, MAX_CONTENT_LENGTH, TAG_LENGTH};
pub use context::{Description, KmsContext, content_context};
pub use data_key::{DataKey, MasterKey, WrappedDataKey};
pub use error::Error;
pub use format::{
    Envelope, INSTRUCTION_FILE_MARKER, INSTRUCTION_FILE_SUFFIX, MAX_INSTRUCTION_FILE,
    MAX_SEALED_METADATA, Metadata, Recognised, Wrap, instruction_file_key, recognise,
};
pub use hosted::{HostedGuard, HostedSealer, HostedSegment, seal_hosted};
pub use open::{
    AwaitingInstructionFile, AwaitingKey, Commitment, KeyNeed, LegacyWraps, OpenPolicy, Opening,
    Unlocked, begin,
};
pub use range::{PlannedRange, RangeOpener, RequestedRange};
pub use rewrap::{Rewrapping, SplitEnvelope, UnwrappedKey, WrappedEnvelope, begin_rewrap};
pub use seal::{Sealer, Seed, seal};
pub use share::{ObjectShare, SHARE_LENGTH};
pub use version::Format;
