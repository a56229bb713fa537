//! A symmetric key and the cipher it drives: AES-256-GCM with a random nonce.

use keyfront_dev_ground::aes256_gcm::{Aes256Gcm, KEY_BYTES};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ciphertext::{CiphertextBlob, header};
use super::{EncryptionContext, KmsError};

/// 256 bits that never leave the KMS; wiped when dropped.
pub(super) struct SymmetricKey(Zeroizing<[u8; KEY_BYTES]>);

impl SymmetricKey {
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
        let binding = [header.as_slice(), &context.canonical_bytes()].concat();
        let sealed = self.cipher().seal_whole(&binding, plaintext)?;
        Ok([header.as_slice(), &sealed].concat())
    }

    pub(super) fn decrypt(
        &self,
        blob: &CiphertextBlob<'_>,
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        let binding = [blob.header, &context.canonical_bytes()].concat();
        self.cipher()
            .open_whole(&binding, blob.sealed)
            .map_err(|_| KmsError::InvalidCiphertext)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0)
    }
}
