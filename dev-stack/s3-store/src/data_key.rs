//! 256-bit keys of objects at rest, and wrapping one under another (AES-256-GCM).
//!
//! It does not decide which key protects what: that is the S3 API's encryption.

use std::fmt;

use keyfront_dev_ground::aes256_gcm::{Aes256Gcm, KEY_BYTES};
use zeroize::Zeroizing;

/// A key in the clear. Zeroized on drop, never printed.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; Self::LEN]>);

/// A wrapped key does not open under this key and this binding.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("wrapped data key cannot be decrypted with its parent key")]
pub struct UnwrapError;

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes for a new key")]
pub struct NoRandomness(#[source] pub(crate) getrandom::Error);

impl DataKey {
    /// Bytes of a key.
    pub const LEN: usize = KEY_BYTES;

    /// A fresh random key.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        getrandom::fill(bytes.as_mut_slice()).map_err(NoRandomness)?;
        Ok(Self(bytes))
    }

    /// Takes over key bytes that came from elsewhere (KMS, the root key's file); `None` unless there are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; Self::LEN] = bytes.try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    /// The key's bytes, for the cipher and for the root key's file.
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Wraps `inner` under this key; `binding` must be repeated to unwrap.
    pub fn wrap(&self, inner: &Self, binding: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        self.cipher()
            .seal_whole(binding, inner.0.as_slice())
            .map_err(NoRandomness)
    }

    /// Reverses [`DataKey::wrap`].
    ///
    /// # Errors
    /// [`UnwrapError`] for any change, another key or another binding.
    pub fn unwrap(&self, wrapped: &[u8], binding: &[u8]) -> Result<Self, UnwrapError> {
        let plain = self.cipher().open_whole(binding, wrapped);
        Self::from_slice(&plain.map_err(|_| UnwrapError)?).ok_or(UnwrapError)
    }

    /// The cipher keyed with this key.
    pub(crate) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wrapped_key_opens_only_under_its_parent_and_binding() {
        let (parent, inner) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
        let wrapped = parent.wrap(&inner, b"arn:aws:s3:::b/k").unwrap();
        assert_eq!(
            parent
                .unwrap(&wrapped, b"arn:aws:s3:::b/k")
                .unwrap()
                .expose(),
            inner.expose()
        );
        assert_eq!(
            parent
                .unwrap(&wrapped, b"arn:aws:s3:::b/other")
                .unwrap_err(),
            UnwrapError
        );
        assert_eq!(
            inner.unwrap(&wrapped, b"arn:aws:s3:::b/k").unwrap_err(),
            UnwrapError
        );
    }

    #[test]
    fn any_flipped_byte_of_a_wrapped_key_is_refused() {
        let (parent, inner) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
        let wrapped = parent.wrap(&inner, b"").unwrap();
        for at in 0..wrapped.len() {
            let mut broken = wrapped.clone();
            broken[at] ^= 1;
            assert_eq!(
                parent.unwrap(&broken, b"").unwrap_err(),
                UnwrapError,
                "byte {at}"
            );
        }
        assert_eq!(parent.unwrap(&wrapped[1..], b"").unwrap_err(), UnwrapError);
    }

    /// Nonce, ciphertext and tag of AES-256-GCM, as the `cryptography` package of Python writes them.
    #[test]
    fn key_wrapped_by_another_implementation_opens() {
        let bytes = |first: u8| std::array::from_fn::<u8, 32, _>(|at| first + at as u8);
        let parent = DataKey::from_slice(&bytes(0)).unwrap();
        let wrapped = hex::decode(
            "0000000000000000000000002e9d97fd9109a59a2081831e3401bfb6e27264601cb45618b8a789b8f9c26369\
             04834fc9dbcb5ca373f9db7d4cf54f5d",
        );
        let inner = parent.unwrap(&wrapped.unwrap(), b"arn:aws:s3:::b/k");
        assert_eq!(inner.unwrap().expose(), &bytes(32));
    }

    #[test]
    fn debug_never_shows_the_key() {
        let key = DataKey::from_slice(&[0xab; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "DataKey(redacted)");
    }
}
