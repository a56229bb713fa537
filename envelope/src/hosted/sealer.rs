//! Sealing by segments, in any order and as often as they are sent: the platform encrypts each in one call.
//!
//! The platform only has AES-GCM over a whole message. A segment in the middle of an object is such a message, if the
//! call's initialisation vector leads to the counter at which the segment begins. GCM derives that counter from a
//! vector of 128 bits by GHASH (NIST SP 800-38D, 7.1), which is a bijection whoever knows the subkey can invert. So
//! one call yields the segment's ciphertext, and a tag from which its part of the object's GHASH follows.
//!
//! That hash is kept, and is also how an altered file is noticed: a segment that is sealed again must hash as before.
//! Two texts of one length hash alike with a chance of at most their blocks in 2^128, since neither knows the subkey.

use alloc::vec;
use alloc::vec::Vec;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::cipher::{ContentKey, TAG_LENGTH, mask_and_subkey};
use crate::data_key::WrappedDataKey;
use crate::error::Error;
use crate::format::Envelope;
use crate::seal::{Seed, begin_content};

use super::field::{BLOCK, Element, inverse, lengths, power, sum, times};

/// Hashes of more segments would take 32 MB.
const MAX_SEGMENTS: u64 = 1 << 20;
/// Bytes of the vectors that the platform is given.
const IV_LENGTH: u64 = 16;

/// Begins an object of exactly `plaintext_length` bytes whose segments, of `segment_length` bytes but for the last, the
/// platform encrypts with [`ContentKey::expose_key`].
///
/// The data key must be fresh: one data key seals one object.
///
/// # Errors
/// [`Error::ContentTooLong`], or [`Error::SegmentLength`] unless segments are whole blocks and at most 2^20.
pub fn seal_hosted(
    key: WrappedDataKey,
    seed: Seed,
    plaintext_length: u64,
    segment_length: u32,
) -> Result<(HostedSealer, Envelope), Error> {
    let bytes = u64::from(segment_length);
    if bytes == 0 || !bytes.is_multiple_of(BLOCK) || plaintext_length.div_ceil(bytes) > MAX_SEGMENTS
    {
        return Err(Error::SegmentLength(segment_length));
    }
    let (key, envelope) = begin_content(key, seed, Some(plaintext_length))?;
    let sealer = HostedSealer::new(key, plaintext_length, segment_length);
    Ok((sealer, envelope))
}

/// A segment, and the vector its AES-GCM encryption is called with: no associated data, a tag of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostedSegment {
    /// Of its first byte in the plaintext.
    pub offset: u64,
    /// Bytes of content.
    pub length: u32,
    /// The initialisation vector of the platform's call.
    pub iv: [u8; IV_LENGTH as usize],
}

/// Adds up what the platform says of the segments it encrypted, and makes the object's tag from it.
///
/// A segment's ciphertext may leave the process only after [`Self::admit`] took its tag.
#[must_use = "an object without its tag cannot be opened"]
pub struct HostedSealer {
    key: ContentKey,
    mask: Zeroizing<Element>,
    subkey: Zeroizing<Element>,
    inverse: Zeroizing<Element>,
    /// By segment: its GHASH, once it was sealed.
    hashes: Zeroizing<Vec<Option<Element>>>,
    content_length: u64,
    segment_length: u32,
    changed: bool,
}

impl HostedSealer {
    pub(super) fn new(key: ContentKey, content_length: u64, segment_length: u32) -> Self {
        let [mask, subkey] = mask_and_subkey(&key);
        // Not over MAX_SEGMENTS.
        let count = content_length.div_ceil(segment_length.into()) as usize;
        Self {
            inverse: inverse(&subkey),
            mask,
            subkey,
            hashes: Zeroizing::new(vec![None; count]),
            content_length,
            segment_length,
            changed: false,
            key,
        }
    }

    /// The key of every call to the platform.
    #[must_use]
    pub fn content_key(&self) -> &ContentKey {
        &self.key
    }

    /// How many segments there are.
    #[must_use]
    pub fn segments(&self) -> u32 {
        // Not over MAX_SEGMENTS.
        self.hashes.len() as u32
    }

    /// What the platform encrypts for this segment, counted from 0.
    ///
    /// # Errors
    /// [`Error::SegmentOutOfRange`]; [`Error::ContentChanged`] after any segment was refused.
    pub fn segment(&self, index: u32) -> Result<HostedSegment, Error> {
        if self.changed {
            return Err(Error::ContentChanged);
        }
        if index >= self.segments() {
            return Err(Error::SegmentOutOfRange(index));
        }
        let offset = u64::from(index) * u64::from(self.segment_length);
        let left = self.content_length - offset;
        Ok(HostedSegment {
            offset,
            length: u32::try_from(left)
                .unwrap_or(u32::MAX)
                .min(self.segment_length),
            iv: *self.iv(&self.mask_input(offset)),
        })
    }

    /// Takes in the tag of the platform's encryption of this segment, for the first time or again.
    ///
    /// # Errors
    /// [`Error::ContentChanged`] if the segment was sealed before with other content. The ciphertext must be
    /// dropped then, and the sealer seals nothing more. [`Error::SegmentOutOfRange`].
    pub fn admit(&mut self, index: u32, tag: &[u8; TAG_LENGTH]) -> Result<(), Error> {
        let segment = self.segment(index)?;
        let mask = self.key.encrypt_block(self.mask_input(segment.offset));
        // tag = (segment's hash + lengths) * subkey + mask
        let hashed = times(&sum(tag, &mask), &self.inverse);
        let hash = sum(&hashed, &lengths(0, segment.length.into()));
        let kept = self.hashes[index as usize].get_or_insert(*hash);
        if bool::from(kept.as_slice().ct_eq(hash.as_slice())) {
            Ok(())
        } else {
            self.changed = true;
            Err(Error::ContentChanged)
        }
    }

    /// The first segment that was not sealed yet.
    #[must_use]
    pub fn first_missing(&self) -> Option<u32> {
        let missing = self.hashes.iter().position(Option::is_none);
        missing.and_then(|index| u32::try_from(index).ok())
    }

    /// The tag, which ends the object's body, once every segment was sealed.
    ///
    /// # Errors
    /// [`Error::AnnouncedLength`] if one was not; [`Error::ContentChanged`] after one was refused.
    pub fn tag(&self) -> Result<[u8; TAG_LENGTH], Error> {
        if self.changed {
            return Err(Error::ContentChanged);
        }
        let step = u64::from(self.segment_length);
        let whole = power(&self.subkey, step / BLOCK);
        let mut state = self.hashed_associated_data();
        for (index, hash) in self.hashes.iter().enumerate() {
            let offset = index as u64 * step;
            let hash = hash.as_ref().ok_or(Error::AnnouncedLength {
                announced: self.content_length,
                actual: offset,
            })?;
            let left = self.content_length - offset;
            let moved = if left < step {
                times(&state, &power(&self.subkey, left.div_ceil(BLOCK)))
            } else {
                times(&state, &whole)
            };
            state = sum(&moved, hash);
        }
        let associated_data = self.key.associated_data().len() as u64;
        let ends = lengths(associated_data, self.content_length);
        Ok(*sum(&times(&sum(&state, &ends), &self.subkey), &self.mask))
    }

    fn hashed_associated_data(&self) -> Zeroizing<Element> {
        let mut state = Zeroizing::new([0; 16]);
        for piece in self.key.associated_data().chunks(16) {
            let mut block = [0; 16];
            block[..piece.len()].copy_from_slice(piece);
            state = times(&sum(&state, &block), &self.subkey);
        }
        state
    }

    /// The counter block before the segment's first, whose encryption masks the platform's tag of it.
    fn mask_input(&self, offset: u64) -> [u8; 16] {
        // Content begins at block 0, whose counter block has one before it; blocks are below 2^32.
        self.key
            .counter_block(((offset / BLOCK) as u32).wrapping_sub(1))
    }

    /// The vector from which GCM derives this counter block: GHASH of one block and its length, inverted.
    fn iv(&self, counter_block: &Element) -> Zeroizing<Element> {
        let hashed = times(counter_block, &self.inverse);
        times(&sum(&hashed, &lengths(0, IV_LENGTH)), &self.inverse)
    }
}

impl core::fmt::Debug for HostedSealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HostedSealer")
            .field("segments", &self.segments())
            .finish_non_exhaustive()
    }
}
