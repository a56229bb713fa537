//! Authentication of a streamed body: the platform is asked for the GCM tag over each segment as *associated data*
//! without content, and from that tag follows the segment's GHASH. It neither decrypts nor reads anything.

use zeroize::Zeroizing;

use crate::cipher::{ContentKey, TAG_LENGTH, mask_and_subkey, tags_match};
use crate::error::Error;

use super::field::{BLOCK, Element, inverse, lengths, power, sum, times};

/// Adds up what the platform says of a body's segments, and compares the tag at its end.
#[must_use = "nothing is verified before `finish`"]
pub struct HostedGuard {
    mask: Zeroizing<Element>,
    subkey: Zeroizing<Element>,
    inverse: Zeroizing<Element>,
    /// GHASH over everything so far.
    state: Zeroizing<Element>,
    /// A length of segments, in blocks, and the subkey to its power: all but the last have the same.
    power: (u64, Zeroizing<Element>),
    associated_data: u64,
    content_length: u64,
    admitted: u64,
    whole_blocks: bool,
}

impl HostedGuard {
    pub(crate) fn new(key: &ContentKey, content_length: u64) -> Self {
        let [mask, subkey] = mask_and_subkey(key);
        let mut state = Zeroizing::new([0; 16]);
        for piece in key.associated_data().chunks(16) {
            let mut block = [0; 16];
            block[..piece.len()].copy_from_slice(piece);
            state = times(&sum(&state, &block), &subkey);
        }
        Self {
            inverse: inverse(&subkey),
            power: (1, subkey.clone()),
            mask,
            subkey,
            state,
            associated_data: key.associated_data().len() as u64,
            content_length,
            admitted: 0,
            whole_blocks: true,
        }
    }

    /// Takes in the body's next `length` bytes of content, of which `tag` is the platform's AES-GCM tag: over them as
    /// associated data, over no content, under [`ContentKey::expose_key`] and [`ContentKey::nonce`]. Every segment but
    /// the last must be whole blocks, or nothing verifies.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the body goes on after its end.
    pub fn admit(&mut self, length: u64, tag: &[u8; TAG_LENGTH]) -> Result<(), Error> {
        let actual = self.admitted.saturating_add(length);
        if actual > self.content_length {
            return Err(self.truncated(actual));
        }
        if length == 0 {
            return Ok(());
        }
        // tag = (segment's hash + lengths) * subkey + mask
        let hashed = times(&sum(tag, &self.mask), &self.inverse);
        let segment = sum(&hashed, &lengths(length, 0));
        let blocks = length.div_ceil(BLOCK);
        if self.power.0 != blocks {
            self.power = (blocks, power(&self.subkey, blocks));
        }
        self.state = sum(&times(&self.state, &self.power.1), &segment);
        self.whole_blocks &= self.admitted.is_multiple_of(BLOCK);
        self.admitted = actual;
        Ok(())
    }

    /// Compares the body's own tag in constant time.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the content ended early, [`Error::TagMismatch`] if it does not verify.
    pub fn finish(self, tag: &[u8; TAG_LENGTH]) -> Result<(), Error> {
        if self.admitted != self.content_length {
            return Err(self.truncated(self.admitted));
        }
        let ends = lengths(self.associated_data, self.content_length);
        let computed = sum(&times(&sum(&self.state, &ends), &self.subkey), &self.mask);
        if self.whole_blocks && tags_match(&computed, tag) {
            Ok(())
        } else {
            Err(Error::TagMismatch)
        }
    }

    fn truncated(&self, content: u64) -> Error {
        let tag = TAG_LENGTH as u64;
        Error::Truncated {
            expected: self.content_length + tag,
            actual: content.saturating_add(tag),
        }
    }
}

impl core::fmt::Debug for HostedGuard {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HostedGuard")
            .field("admitted", &self.admitted)
            .finish_non_exhaustive()
    }
}
