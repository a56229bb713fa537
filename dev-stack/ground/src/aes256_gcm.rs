//! AES-256-GCM (NIST SP 800-38D), by which everything at rest is sealed.
//!
//! The cipher is ring's, which is compiled once and optimised; bytes are those of any other implementation. Which key
//! seals what, and what is bound as associated data, is the caller's. Key schedules are not wiped from memory: this is
//! a stack for development.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey};
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes of the tag behind every ciphertext.
pub const TAG_BYTES: usize = MAX_TAG_LEN;

/// Other bytes were sealed, or under another key, nonce or associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("sealed bytes cannot be decrypted")]
pub struct OpenError;

/// A keyed cipher.
#[derive(Clone)]
pub struct Aes256Gcm(LessSafeKey);

impl Aes256Gcm {
    /// The cipher of this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts `plaintext` in place and appends the tag. A nonce must serve a key only once.
    ///
    /// # Panics
    /// For a message over 64 GiB.
    pub fn seal(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], plaintext: &mut Vec<u8>) {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(nonce, Aad::from(aad), plaintext)
            .expect("AES-GCM seals all but messages over 64 GiB");
    }

    /// Decrypts `sealed` in place and removes the tag.
    ///
    /// # Errors
    /// [`OpenError`]; then `sealed` must not be used.
    pub fn open(
        &self,
        nonce: [u8; NONCE_BYTES],
        aad: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(aad), sealed);
        let length = opened.map_err(|_| OpenError)?.len();
        sealed.truncate(length);
        Ok(())
    }

    /// A random nonce, then the ciphertext and its tag: for what is sealed once and kept whole.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn seal_whole(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let mut sealed = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG_BYTES));
        sealed.extend_from_slice(plaintext);
        self.seal(nonce, aad, &mut sealed);
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Reverses [`Aes256Gcm::seal_whole`].
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open_whole(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError)?;
        let mut plaintext = Zeroizing::new(sealed.to_vec());
        self.open(*nonce, aad, &mut plaintext)?;
        Ok(plaintext)
    }
}

impl fmt::Debug for Aes256Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aes256Gcm(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aes_gcm::{
        KeyInit as _,
        aead::{Aead as _, Payload},
    };
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    #[test]
    fn bytes_are_those_of_the_published_vector() {
        let key: [u8; 32] = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888");
        let aad: [u8; 20] = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plaintext: [u8; 60] = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let expected: [u8; 76] = hex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b",
        );
        let cipher = Aes256Gcm::new(&key);
        let mut bytes = plaintext.to_vec();
        cipher.seal(nonce, &aad, &mut bytes);
        assert_eq!(bytes, expected);
        cipher.open(nonce, &aad, &mut bytes).unwrap();
        assert_eq!(bytes, plaintext);
    }

    #[test]
    fn what_was_changed_cut_or_bound_elsewhere_does_not_open() {
        let cipher = Aes256Gcm::new(&[7; KEY_BYTES]);
        let sealed = cipher.seal_whole(b"bound", b"secret").unwrap();
        let opened = cipher.open_whole(b"bound", &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"secret");
        assert!(cipher.open_whole(b"other", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(cipher.open_whole(b"bound", &flipped).is_err(), "byte {at}");
            assert!(
                cipher.open_whole(b"bound", &sealed[..at]).is_err(),
                "cut {at}"
            );
        }
    }

    proptest! {
        #[test]
        fn bytes_are_those_of_another_implementation(
            key: [u8; KEY_BYTES],
            nonce: [u8; NONCE_BYTES],
            aad in vec(any::<u8>(), 0..64),
            plaintext in vec(any::<u8>(), 0..300),
        ) {
            let theirs = aes_gcm::Aes256Gcm::new(&key.into());
            let payload = Payload { msg: &plaintext, aad: &aad };
            let expected = theirs.encrypt(&nonce.into(), payload).unwrap();
            let mut sealed = plaintext;
            Aes256Gcm::new(&key).seal(nonce, &aad, &mut sealed);
            prop_assert_eq!(sealed, expected);
        }
    }

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        ::hex::decode(text).unwrap().try_into().unwrap()
    }
}
