//! The ciphertext blob: a header that names format and key, then nonce, ciphertext and tag.
//!
//! Opaque to clients, like AWS's. The header is authenticated together with the encryption context.

use keyfront_dev_ground::aes256_gcm::NONCE_BYTES;
use uuid::Uuid;

use super::KmsError;

const FORMAT: [u8; 4] = *b"KFK\x01";
const HEADER_BYTES: usize = FORMAT.len() + 16;

/// A blob's parts.
pub(super) struct CiphertextBlob<'a> {
    pub(super) key_id: Uuid,
    pub(super) header: &'a [u8],
    /// Nonce, ciphertext and tag.
    pub(super) sealed: &'a [u8],
}

impl<'a> CiphertextBlob<'a> {
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, KmsError> {
        let split = |bytes: &'a [u8], at| {
            bytes
                .split_at_checked(at)
                .ok_or(KmsError::InvalidCiphertext)
        };
        let (header, sealed) = split(blob, HEADER_BYTES)?;
        let (format, key_id) = split(header, FORMAT.len())?;
        if format != FORMAT || sealed.len() < NONCE_BYTES {
            return Err(KmsError::InvalidCiphertext);
        }
        let key_id = Uuid::from_slice(key_id).map_err(|_| KmsError::InvalidCiphertext)?;
        Ok(Self {
            key_id,
            header,
            sealed,
        })
    }
}

/// The header of blobs of a key.
pub(super) fn header(key_id: Uuid) -> Vec<u8> {
    [FORMAT.as_slice(), key_id.as_bytes()].concat()
}
