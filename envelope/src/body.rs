//! Whole bodies as they arrive: content, then the tag it must verify against.
//!
//! It does not fetch, and does not know how the content key came about.

use crate::cipher::{Authenticator, ContentKey, Direction, Gcm, TAG_LENGTH, tags_match};
use crate::error::Error;

/// Decrypts a body as it arrives; what it has released counts only once [`Self::finish`] agrees.
#[derive(Debug)]
#[must_use = "the plaintext is worth nothing before `finish`"]
pub struct StreamOpener {
    gcm: Gcm,
    end: BodyEnd,
}

impl StreamOpener {
    pub(crate) fn new(key: &ContentKey, content_length: u64) -> Self {
        Self {
            gcm: Gcm::new(key),
            end: BodyEnd::after(content_length),
        }
    }

    /// Decrypts the next bytes of the body in place and says how many of them are plaintext; the
    /// rest belongs to the tag.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the body goes on after its end; the bytes are unchanged then.
    pub fn open(&mut self, body: &mut [u8]) -> Result<usize, Error> {
        let content = self.end.admit(self.gcm.absorbed(), body)?;
        self.gcm.apply(Direction::Decrypt, &mut body[..content]);
        Ok(content)
    }

    /// Verifies what was released.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::TagMismatch`]: abort the transfer, so that the receiver sees
    /// it fail.
    pub fn finish(self) -> Result<(), Error> {
        self.end.check(self.gcm.absorbed())?;
        self.end.verify(&self.gcm.tag())
    }
}

/// Authenticates a body's ciphertext as it arrives and finds the tag at its end.
#[derive(Debug)]
#[must_use = "nothing is verified before `finish`"]
pub struct CiphertextGuard {
    authenticator: Authenticator,
    end: BodyEnd,
}

impl CiphertextGuard {
    pub(crate) fn new(key: &ContentKey, content_length: u64) -> Self {
        Self {
            authenticator: Authenticator::new(key),
            end: BodyEnd::after(content_length),
        }
    }

    /// Takes in the next bytes of the body and says how many of them are content; the rest belongs
    /// to the tag.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the body goes on after its end.
    pub fn admit(&mut self, body: &[u8]) -> Result<usize, Error> {
        let content = self.end.admit(self.authenticator.absorbed(), body)?;
        self.authenticator.absorb(&body[..content]);
        Ok(content)
    }

    /// Compares the tag in constant time.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the body ended early, [`Error::TagMismatch`] if it does not verify.
    pub fn finish(self) -> Result<(), Error> {
        self.end.check(self.authenticator.absorbed())?;
        self.end.verify(&self.authenticator.tag())
    }
}

/// Where a body's content ends, and as much of the tag behind it as has arrived.
#[derive(Debug)]
struct BodyEnd {
    content_length: u64,
    tag: [u8; TAG_LENGTH],
    tag_filled: usize,
}

impl BodyEnd {
    fn after(content_length: u64) -> Self {
        Self {
            content_length,
            tag: [0; TAG_LENGTH],
            tag_filled: 0,
        }
    }

    /// Keeps what belongs to the tag and says how many bytes before it are content.
    fn admit(&mut self, absorbed: u64, body: &[u8]) -> Result<usize, Error> {
        let (expected, arrived) = (self.body_length(), absorbed + self.tag_filled as u64);
        let actual = arrived.saturating_add(body.len() as u64);
        if actual > expected {
            return Err(Error::Truncated { expected, actual });
        }
        let missing = self.content_length - absorbed;
        let content =
            usize::try_from(missing).map_or(body.len(), |missing| missing.min(body.len()));
        let tag = &body[content..];
        self.tag[self.tag_filled..self.tag_filled + tag.len()].copy_from_slice(tag);
        self.tag_filled += tag.len();
        Ok(content)
    }

    fn check(&self, absorbed: u64) -> Result<(), Error> {
        let (expected, actual) = (self.body_length(), absorbed + self.tag_filled as u64);
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Truncated { expected, actual })
        }
    }

    fn verify(&self, computed: &[u8; TAG_LENGTH]) -> Result<(), Error> {
        if tags_match(computed, &self.tag) {
            Ok(())
        } else {
            Err(Error::TagMismatch)
        }
    }

    fn body_length(&self) -> u64 {
        self.content_length + TAG_LENGTH as u64
    }
}
