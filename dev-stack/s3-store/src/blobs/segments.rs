//! The format of one body at rest: AES-256-GCM segments, so that a range opens only what it touches.
//!
//! A body of `n` bytes is `max(1, ceil(n / SEGMENT))` segments, each its ciphertext and a 16-byte tag. The
//! nonce is the segment's index (every blob has its own key), and the associated data binds the blob's
//! id, the index and whether the segment is the last: segments cannot be moved, dropped or cut off.
//!
//! It does no I/O.

use std::fmt;

use keyfront_dev_ground::aes256_gcm::{Aes256Gcm, NONCE_BYTES};
use serde::{Deserialize, Serialize};

use crate::data_key::{DataKey, NoRandomness};

/// Plaintext bytes of a full segment.
pub(crate) const SEGMENT: usize = 64 * 1024;
const TAG: usize = 16;
/// Stored bytes of a full segment.
pub(crate) const STORED_SEGMENT: usize = SEGMENT + TAG;

/// The name of a body at rest: 128 random bits, in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobId([u8; 16]);

/// Text that is not the name of a body.
#[derive(Debug, thiserror::Error)]
#[error("not a blob name")]
pub struct NotABlobId;

impl BlobId {
    /// A fresh name.
    pub fn generate() -> Result<Self, NoRandomness> {
        let key = DataKey::generate()?;
        let mut id = [0; 16];
        id.copy_from_slice(&key.expose()[..16]);
        Ok(Self(id))
    }
}

impl TryFrom<String> for BlobId {
    type Error = NotABlobId;

    fn try_from(text: String) -> Result<Self, NotABlobId> {
        let mut id = [0; 16];
        hex::decode_to_slice(&text, &mut id).map_err(|_| NotABlobId)?;
        Ok(Self(id))
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        hex::encode(id.0)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

/// Where a segment stands in its blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Counted from 0.
    pub(crate) index: u64,
    /// Nothing follows it.
    pub(crate) last: bool,
}

/// The segments of a blob of known plaintext size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Plaintext bytes.
    pub(crate) size: u64,
}

impl Layout {
    /// How many segments there are; an empty body has one.
    pub(crate) fn segments(self) -> u64 {
        self.size.div_ceil(SEGMENT as u64).max(1)
    }

    /// Where segment `index` stands.
    pub(crate) fn position(self, index: u64) -> Position {
        Position {
            index,
            last: index + 1 == self.segments(),
        }
    }

    /// Plaintext bytes of segment `index`.
    pub(crate) fn plain_len(self, index: u64) -> usize {
        let start = index.saturating_mul(SEGMENT as u64);
        let rest = self.size.saturating_sub(start).min(SEGMENT as u64);
        usize::try_from(rest).expect("a segment is at most 64 KiB")
    }

    /// Stored bytes of segment `index`.
    pub(crate) fn stored_len(self, index: u64) -> usize {
        self.plain_len(index) + TAG
    }
}

/// A stored segment is not what was written there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("segment {index} of blob {blob} failed authentication")]
pub struct Tampered {
    blob: BlobId,
    index: u64,
}

/// Seals and opens the segments of one blob.
pub(crate) struct SegmentCipher {
    cipher: Aes256Gcm,
    blob: BlobId,
}

impl SegmentCipher {
    /// The cipher of `blob`; `key` must serve no other blob.
    pub(crate) fn new(key: &DataKey, blob: BlobId) -> Self {
        Self {
            cipher: key.cipher(),
            blob,
        }
    }

    /// Encrypts `segment` in position and appends its tag.
    pub(crate) fn seal(&self, position: Position, segment: &mut Vec<u8>) {
        self.cipher
            .seal(nonce(position.index), &self.binding(position), segment);
    }

    /// Verifies and decrypts `segment` in position, and removes its tag.
    ///
    /// # Errors
    /// [`Tampered`] for any change of bytes, position, blob or end mark.
    pub(crate) fn open(&self, position: Position, segment: &mut Vec<u8>) -> Result<(), Tampered> {
        self.cipher
            .open(nonce(position.index), &self.binding(position), segment)
            .map_err(|_| Tampered {
                blob: self.blob,
                index: position.index,
            })
    }

    fn binding(&self, position: Position) -> [u8; 25] {
        let mut binding = [0; 25];
        binding[..16].copy_from_slice(&self.blob.0);
        binding[16..24].copy_from_slice(&position.index.to_be_bytes());
        binding[24] = u8::from(position.last);
        binding
    }
}

fn nonce(index: u64) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[4..].copy_from_slice(&index.to_be_bytes());
    nonce
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cipher() -> SegmentCipher {
        SegmentCipher::new(&DataKey::generate().unwrap(), BlobId::generate().unwrap())
    }

    #[test]
    fn empty_body_is_one_sealed_segment() {
        let layout = Layout { size: 0 };
        assert_eq!((layout.segments(), layout.stored_len(0)), (1, TAG));
        assert!(layout.position(0).last);
    }

    #[test]
    fn full_last_segment_is_not_followed_by_an_empty_one() {
        let layout = Layout {
            size: 2 * SEGMENT as u64,
        };
        assert_eq!(layout.segments(), 2);
        assert_eq!(
            (
                layout.plain_len(0),
                layout.plain_len(1),
                layout.plain_len(2)
            ),
            (SEGMENT, SEGMENT, 0)
        );
    }

    #[test]
    fn moved_cut_or_flipped_segment_is_refused() {
        let cipher = cipher();
        let position = Position {
            index: 3,
            last: false,
        };
        let mut sealed = b"plaintext".to_vec();
        cipher.seal(position, &mut sealed);
        for wrong in [
            Position {
                index: 4,
                last: false,
            },
            Position {
                index: 3,
                last: true,
            },
        ] {
            assert!(cipher.open(wrong, &mut sealed.clone()).is_err());
        }
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 0x80;
            assert!(cipher.open(position, &mut broken).is_err(), "byte {at}");
        }
        let other = SegmentCipher {
            cipher: cipher.cipher.clone(),
            blob: BlobId::generate().unwrap(),
        };
        assert!(other.open(position, &mut sealed.clone()).is_err());
        cipher.open(position, &mut sealed).unwrap();
        assert_eq!(sealed, b"plaintext");
    }

    /// AES-256-GCM under key 00..1f; the nonce is the index, the binding blob, index and end mark.
    #[test]
    fn segment_of_another_implementation_opens() {
        let key = DataKey::from_slice(&std::array::from_fn::<u8, 32, _>(|at| at as u8)).unwrap();
        let blob = BlobId::try_from("101112131415161718191a1b1c1d1e1f".to_owned()).unwrap();
        let cipher = SegmentCipher::new(&key, blob);
        let position = Position {
            index: 3,
            last: true,
        };
        let stored = "7d486fda3802d4a2c743fc19d983c81681e91b8e98d5c5acca";
        let mut segment = hex::decode(stored).unwrap();
        cipher.open(position, &mut segment).unwrap();
        assert_eq!(segment, b"plaintext");
        cipher.seal(position, &mut segment);
        assert_eq!(hex::encode(segment), stored);
    }

    #[test]
    fn blob_name_survives_its_text_form() {
        let id = BlobId::generate().unwrap();
        assert_eq!(BlobId::try_from(id.to_string()).unwrap(), id);
        assert!(BlobId::try_from("../../etc/passwd".to_owned()).is_err());
    }
}
