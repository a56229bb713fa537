//! Ranges of the plaintext: which bytes of the body hold them, and their decryption by AES-CTR.
//!
//! A range is not authenticated: the tag covers only the whole. For V3 the commitment has been
//! checked, so a range at least comes from under the right key. It parses no `Range` header.

use core::ops::Range;

use crate::cipher::{BLOCK, ContentKey, Keystream, block_of};
use crate::error::Error;

/// A range as HTTP asks for it (RFC 9110, 14.1.2), over the plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestedRange {
    /// `bytes=first-last`, both included; clamped to the end.
    FromTo {
        /// First byte wanted.
        first: u64,
        /// Last byte wanted.
        last: u64,
    },
    /// `bytes=first-`.
    From {
        /// First byte wanted.
        first: u64,
    },
    /// `bytes=-count`, the last bytes.
    Last {
        /// How many bytes are wanted.
        count: u64,
    },
}

/// A range that exists, and where its ciphertext lies. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRange {
    first: u64,
    last: u64,
    plaintext_length: u64,
}

impl PlannedRange {
    pub(crate) fn new(range: RequestedRange, plaintext_length: u64) -> Result<Self, Error> {
        let unsatisfiable = Error::RangeNotSatisfiable { plaintext_length };
        let Some(end) = plaintext_length.checked_sub(1) else {
            return Err(unsatisfiable);
        };
        let (first, last) = match range {
            RequestedRange::FromTo { first, last } => (first, last.min(end)),
            RequestedRange::From { first } => (first, end),
            RequestedRange::Last { count: 0 } => return Err(unsatisfiable),
            RequestedRange::Last { count } => (plaintext_length.saturating_sub(count), end),
        };
        if first > last {
            Err(unsatisfiable)
        } else {
            Ok(Self {
                first,
                last,
                plaintext_length,
            })
        }
    }

    /// First byte of the plaintext range.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Last byte of the plaintext range.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Bytes in the range, one at least.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Length of the whole plaintext in bytes.
    #[must_use]
    pub fn plaintext_length(&self) -> u64 {
        self.plaintext_length
    }

    /// First and last byte of the body to fetch. It starts with a block and ends before the tag.
    #[must_use]
    pub fn fetch(&self) -> (u64, u64) {
        // AES-CTR starts at a block; it may stop anywhere, so the end is not widened.
        (self.first / BLOCK * BLOCK, self.last)
    }

    /// The block of the content the fetched bytes start with, for [`ContentKey::counter_block`].
    #[must_use]
    pub fn first_block(&self) -> u32 {
        block_of(self.first)
    }
}

/// Decrypts a range's ciphertext as it arrives.
#[derive(Debug)]
#[must_use = "only `finish` reports whether the range arrived whole"]
pub struct RangeOpener {
    keystream: Keystream,
    fetched: u64,
    /// Bytes before the range that were fetched to start at a block, still to come.
    surplus: usize,
    arrived: u64,
}

impl RangeOpener {
    pub(crate) fn new(key: &ContentKey, planned: &PlannedRange) -> Self {
        let (start, last) = planned.fetch();
        Self {
            keystream: Keystream::from_block(key, planned.first_block()),
            fetched: last - start + 1,
            // Below 16, the remainder of a block.
            surplus: (planned.first - start) as usize,
            arrived: 0,
        }
    }

    /// Decrypts the next fetched bytes in place and says which of them are the range's.
    ///
    /// # Errors
    /// [`Error::Truncated`] if more arrives than was to be fetched; the bytes are unchanged then.
    pub fn open(&mut self, body: &mut [u8]) -> Result<Range<usize>, Error> {
        let actual = self.arrived.saturating_add(body.len() as u64);
        if actual > self.fetched {
            return Err(Error::Truncated {
                expected: self.fetched,
                actual,
            });
        }
        self.arrived = actual;
        self.keystream.apply(body);
        let skipped = self.surplus.min(body.len());
        self.surplus -= skipped;
        Ok(skipped..body.len())
    }

    /// Says whether the whole range arrived.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it did not.
    pub fn finish(self) -> Result<(), Error> {
        let (expected, actual) = (self.fetched, self.arrived);
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Truncated { expected, actual })
        }
    }
}
