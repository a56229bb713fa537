//! A body on its way, in segments: how much is read next, with which counter it is decrypted, and when it may leave.
//!
//! It decrypts nothing: the host does. The newest segment is held back until the one after it, or the tag, is there:
//! were all of it released before the tag is seen, a client would have its whole content and take a failure for an end.

use keyfront_envelope::{ContentKey, Error, HostedGuard, PlannedRange, TAG_LENGTH, Unlocked};

/// Bytes; whole blocks.
const SEGMENT: u64 = 256 * 1024;

/// A body, or a range of one.
#[derive(Debug)]
pub(crate) struct Segments {
    /// For a whole body; a range has nothing to verify against.
    guard: Option<HostedGuard>,
    next_block: u32,
    left: u64,
    surplus: usize,
}

impl Segments {
    /// A whole body of this length.
    ///
    /// # Errors
    /// [`Error::BodyLength`] if no such body can belong to the envelope.
    pub(crate) fn whole(unlocked: &Unlocked, body_length: u64) -> Result<Self, Error> {
        Ok(Self {
            guard: Some(unlocked.hosted_guard(body_length)?),
            next_block: 0,
            left: unlocked.plaintext_length(body_length)?,
            surplus: 0,
        })
    }

    /// The bytes that were fetched for a range.
    pub(crate) fn range(range: &PlannedRange) -> Self {
        let (first, last) = range.fetch();
        Self {
            guard: None,
            next_block: range.first_block(),
            left: last - first + 1,
            // Less than a block.
            surplus: (range.first() - first) as usize,
        }
    }

    /// Bytes to read next; 0 after the last.
    pub(crate) fn wanted(&self) -> u32 {
        // Not over SEGMENT.
        self.left.min(SEGMENT) as u32
    }

    /// Whether the host has to hash the segments.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guard.is_some()
    }

    /// Bytes of tag behind the last segment.
    pub(crate) fn tag_length(&self) -> u32 {
        if self.is_guarded() {
            TAG_LENGTH as u32
        } else {
            0
        }
    }

    /// Takes in that a segment of this length has arrived, with the host's tag of it, and gives the counter it is
    /// decrypted with and the bytes at its beginning that are not part of the range.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it is not as long as wanted.
    pub(crate) fn arrived(
        &mut self,
        key: &ContentKey,
        length: u32,
        tag: Option<&[u8; TAG_LENGTH]>,
    ) -> Result<([u8; 16], usize), Error> {
        let wanted = self.wanted();
        if length != wanted || length == 0 {
            return Err(Error::Truncated {
                expected: wanted.into(),
                actual: length.into(),
            });
        }
        match (&mut self.guard, tag) {
            (Some(guard), Some(tag)) => guard.admit(length.into(), tag)?,
            (Some(_), None) => return Err(Error::TagMismatch),
            (None, _) => {}
        }
        let counter = key.counter_block(self.next_block);
        // Only the last segment is no whole number of blocks, and no counter after it is needed.
        self.next_block = self.next_block.wrapping_add(length / 16);
        self.left -= u64::from(length);
        Ok((counter, std::mem::take(&mut self.surplus)))
    }

    /// Verifies the whole.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::TagMismatch`]: what is held back must not leave.
    pub(crate) fn finish(self, tag: &[u8]) -> Result<(), Error> {
        if self.left > 0 {
            return Err(Error::Truncated {
                expected: self.left,
                actual: 0,
            });
        }
        match self.guard {
            None => Ok(()),
            Some(guard) => match tag.try_into() {
                Ok(tag) => guard.finish(tag),
                Err(_) => Err(Error::TagMismatch),
            },
        }
    }
}
