//! Sealing: plaintext in, ciphertext out, in one pass and in place.
//!
//! It does not make keys or randomness, and does not upload.

use core::fmt;

use zeroize::Zeroizing;

use crate::cipher::{ContentKey, Direction, Gcm, MAX_CONTENT_LENGTH, TAG_LENGTH};
use crate::data_key::WrappedDataKey;
use crate::error::Error;
use crate::format::{Content, Envelope};
use crate::key_commitment::{self, MESSAGE_ID_LENGTH};
use crate::version::Format;

/// Twenty-eight fresh random bytes: the V3 message id, or (the first twelve) the V2 nonce.
#[derive(Clone, Copy)]
pub struct Seed([u8; MESSAGE_ID_LENGTH]);

impl Seed {
    /// Takes bytes from the platform's cryptographic random generator.
    #[must_use]
    pub fn from_random(bytes: [u8; MESSAGE_ID_LENGTH]) -> Self {
        Self(bytes)
    }

    fn nonce(self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&self.0[..12]);
        nonce
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(redacted)")
    }
}

/// Begins an object in the format its data key was wrapped for.
///
/// `plaintext_length` in bytes, if known, is stored with the object and then binding.
/// The data key must be fresh: one data key seals one object.
///
/// # Errors
/// [`Error::ContentTooLong`] if the announced length is over [`MAX_CONTENT_LENGTH`].
pub fn seal(
    key: WrappedDataKey,
    seed: Seed,
    plaintext_length: Option<u64>,
) -> Result<(Sealer, Envelope), Error> {
    let (content_key, envelope) = begin_content(key, seed, plaintext_length)?;
    let sealer = Sealer {
        gcm: Gcm::new(&content_key),
        announced: plaintext_length,
    };
    Ok((sealer, envelope))
}

/// The key of an object's content, and the envelope that says how to find it.
pub(crate) fn begin_content(
    key: WrappedDataKey,
    seed: Seed,
    plaintext_length: Option<u64>,
) -> Result<(ContentKey, Envelope), Error> {
    if plaintext_length.is_some_and(|length| length > MAX_CONTENT_LENGTH) {
        return Err(Error::ContentTooLong);
    }
    let (content_key, content) = match key.format {
        Format::V2 => {
            let nonce = seed.nonce();
            let data_key = Zeroizing::new(*key.data_key.bytes());
            (ContentKey::new(data_key, nonce, &[]), Content::V2 { nonce })
        }
        Format::V3 => {
            let (content_key, commitment) = key_commitment::commit(&key.data_key, &seed.0);
            (
                content_key,
                Content::V3 {
                    message_id: seed.0,
                    commitment,
                },
            )
        }
    };
    let WrappedDataKey {
        wrapped: wrapped_key,
        wrap,
        description,
        ..
    } = key;
    let envelope = Envelope {
        content,
        wrap,
        wrapped_key,
        description,
        plaintext_length,
    };
    Ok((content_key, envelope))
}

/// Encrypts one object's content from its first byte to its last.
///
/// A multipart upload uses one sealer for all parts in order; the tag ends the last part. A part
/// is sent again as the ciphertext it was, never sealed again: that is why there is no `Clone`.
#[derive(Debug)]
#[must_use = "an object without its tag cannot be opened"]
pub struct Sealer {
    gcm: Gcm,
    announced: Option<u64>,
}

impl Sealer {
    /// Encrypts the next bytes in place.
    ///
    /// # Errors
    /// [`Error::ContentTooLong`], or [`Error::AnnouncedLength`] past the announced end; the bytes are
    /// unchanged then, and the upload must be aborted.
    pub fn seal(&mut self, content: &mut [u8]) -> Result<(), Error> {
        let length = self.gcm.absorbed().saturating_add(content.len() as u64);
        if length > MAX_CONTENT_LENGTH {
            return Err(Error::ContentTooLong);
        }
        match self.announced {
            Some(announced) if length > announced => {
                return Err(Error::AnnouncedLength {
                    announced,
                    actual: length,
                });
            }
            _ => {}
        }
        self.gcm.apply(Direction::Encrypt, content);
        Ok(())
    }

    /// The tag, which ends the object's body.
    ///
    /// # Errors
    /// [`Error::AnnouncedLength`] if less was sealed than announced.
    pub fn finish(self) -> Result<[u8; TAG_LENGTH], Error> {
        let actual = self.gcm.absorbed();
        match self.announced {
            Some(announced) if announced != actual => {
                Err(Error::AnnouncedLength { announced, actual })
            }
            _ => Ok(self.gcm.tag()),
        }
    }
}
