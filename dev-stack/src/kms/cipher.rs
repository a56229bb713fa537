//! One key's material and the cipher it drives: AES-256-GCM with a random nonce.

use std::fmt;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ciphertext::{CiphertextBlob, header};
use super::{EncryptionContext, KmsError};

const KEY_BYTES: usize = 32;

/// 256 bits that never leave the KMS; wiped when dropped.
pub(super) struct KeyMaterial(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(redacted)")
    }
}

impl KeyMaterial {
    pub(super) fn random() -> Result<Self, KmsError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    pub(super) fn encrypt(
        &self,
        key_id: Uuid,
        context: &EncryptionContext,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let header = header(key_id);
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: plaintext,
            aad: &[header.as_slice(), &context.canonical_bytes()].concat(),
        };
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| KmsError::Encryption)?;
        Ok([header.as_slice(), &nonce, &sealed].concat())
    }

    pub(super) fn decrypt(
        &self,
        blob: &CiphertextBlob<'_>,
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        let payload = Payload {
            msg: blob.sealed,
            aad: &[blob.header, &context.canonical_bytes()].concat(),
        };
        self.cipher()
            .decrypt(&Nonce::from(blob.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| KmsError::InvalidCiphertext)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(*self.0))
    }
}
