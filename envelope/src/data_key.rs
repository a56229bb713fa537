//! The secrets: data keys, master keys, and the client-side wrap of one by the other.
//!
//! It does not call KMS; a data key made by KMS arrives here with its ciphertext.

use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::cipher::{Authenticator, ContentKey, Keystream, TAG_LENGTH, tags_match};
use crate::context::{Description, KmsContext};
use crate::error::Error;
use crate::format::Wrap;
use crate::version::Format;

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 12;
/// KMS returns at most this many bytes of ciphertext (`CiphertextBlob`).
const MAX_WRAPPED: usize = 6144;

macro_rules! secret_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; KEY_LENGTH]);

        impl $name {
            /// Takes the key over; wiping the caller's copy stays the caller's duty.
            #[must_use]
            pub fn new(key: [u8; KEY_LENGTH]) -> Self {
                Self(key)
            }

            /// Copies a key out of a buffer, which the caller wipes.
            ///
            /// # Errors
            /// [`Error::KeyLength`] unless it is 32 bytes long.
            pub fn from_slice(key: &[u8]) -> Result<Self, Error> {
                let key = key.try_into().map_err(|_| Error::KeyLength(key.len()))?;
                Ok(Self(key))
            }

            pub(crate) fn bytes(&self) -> &[u8; KEY_LENGTH] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

secret_key! {
    /// A 256-bit data key in the clear. Wiped on drop, never printed.
    DataKey
}
secret_key! {
    /// A 256-bit client-side master key. Wiped on drop, never printed.
    MasterKey
}

impl DataKey {
    /// The key's bytes, for KMS `Encrypt` to wrap; the caller wipes every copy of them.
    #[must_use]
    pub fn expose_key(&self) -> &[u8; KEY_LENGTH] {
        self.bytes()
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0)
    }
}

/// A data key together with its wrapped form: what sealing needs, made for one format.
pub struct WrappedDataKey {
    pub(crate) data_key: DataKey,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) wrap: Wrap,
    pub(crate) description: Description,
    pub(crate) format: Format,
}

impl WrappedDataKey {
    /// A data key from KMS `GenerateDataKey` (`AES_256`), called with exactly `context`.
    ///
    /// # Errors
    /// [`Error::WrappedKeyLength`] if the ciphertext is empty or over 6144 bytes.
    pub fn from_kms(
        data_key: DataKey,
        ciphertext_blob: Vec<u8>,
        context: KmsContext,
    ) -> Result<Self, Error> {
        if ciphertext_blob.is_empty() || ciphertext_blob.len() > MAX_WRAPPED {
            return Err(Error::WrappedKeyLength(ciphertext_blob.len()));
        }
        let format = context.format();
        let description = context.into_entries();
        Ok(Self {
            data_key,
            wrapped: ciphertext_blob,
            wrap: Wrap::KmsContext,
            description,
            format,
        })
    }

    /// Wraps a fresh data key under a client-side master key by AES-GCM.
    ///
    /// `nonce` is 12 fresh random bytes; one master key must not wrap more than 2^32 data keys.
    /// `description` names the master key for readers; it is stored in the clear.
    #[must_use]
    pub fn by_master_key(
        format: Format,
        data_key: DataKey,
        master: &MasterKey,
        nonce: [u8; NONCE_LENGTH],
        description: Description,
    ) -> Self {
        let mut body = Zeroizing::new(*data_key.bytes());
        let key = wrapping_key(format, master, nonce);
        Keystream::from_start(&key).apply(&mut body[..]);
        let mut authenticator = Authenticator::new(&key);
        authenticator.absorb(&body[..]);
        let wrapped = [&nonce[..], &body[..], &authenticator.tag()].concat();
        Self {
            data_key,
            wrapped,
            wrap: Wrap::AesGcm,
            description,
            format,
        }
    }
}

impl fmt::Debug for WrappedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedDataKey")
            .field("format", &self.format)
            .field("wrap", &self.wrap)
            .finish_non_exhaustive()
    }
}

/// Unwraps `nonce || ciphertext || tag`.
pub(crate) fn unwrap(format: Format, wrapped: &[u8], master: &MasterKey) -> Result<DataKey, Error> {
    const WRAPPED: usize = NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH;
    let wrapped: &[u8; WRAPPED] = wrapped.try_into().map_err(|_| Error::UnwrapFailed)?;
    let (nonce, sealed) = wrapped.split_at(NONCE_LENGTH);
    let (body, tag) = sealed.split_at(KEY_LENGTH);
    let mut nonce_bytes = [0; NONCE_LENGTH];
    nonce_bytes.copy_from_slice(nonce);
    let key = wrapping_key(format, master, nonce_bytes);
    let mut authenticator = Authenticator::new(&key);
    authenticator.absorb(body);
    if !tags_match(&authenticator.tag(), tag) {
        return Err(Error::UnwrapFailed);
    }
    let mut data_key = DataKey([0; KEY_LENGTH]);
    data_key.0.copy_from_slice(body);
    Keystream::from_start(&key).apply(&mut data_key.0);
    Ok(data_key)
}

fn wrapping_key(format: Format, master: &MasterKey, nonce: [u8; NONCE_LENGTH]) -> ContentKey {
    // The wrap authenticates the name of the content cipher, so that a V3 key is no V2 key.
    ContentKey::new(
        Zeroizing::new(*master.bytes()),
        nonce,
        format.content_cipher().as_bytes(),
    )
}
