//! A data key in the clear. It leaves only as what encrypts or decrypts with it.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit as _};
use keyfront_envelope::DataKey;
use zeroize::Zeroizing;

/// 256 bits; wiped on drop, never printed.
pub struct PlainKey(Zeroizing<[u8; 32]>);

impl PlainKey {
    /// Copies a key out of a buffer, which the caller wipes; `None` unless it is 32 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The key as envelopes want it.
    pub fn for_envelope(&self) -> DataKey {
        DataKey::new(*self.0)
    }

    /// AES-256-GCM under this key.
    pub(crate) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::{Zeroize as _, ZeroizeOnDrop};

    use super::*;

    #[test]
    fn a_key_is_32_bytes_and_redacted() {
        assert!(PlainKey::from_slice(&[1; 31]).is_none());
        assert!(PlainKey::from_slice(&[1; 33]).is_none());
        let key = PlainKey::from_slice(&[0xab; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "PlainKey(redacted)");
    }

    #[test]
    fn a_plain_key_is_wiped_on_drop() {
        fn wiped_on_drop<T: ZeroizeOnDrop>(_: &T) {}
        let mut key = PlainKey::from_slice(&[0xab; 32]).unwrap();
        wiped_on_drop(&key.0);
        // What dropping runs.
        key.0.zeroize();
        assert_eq!(*key.0, [0; 32]);
    }
}
