//! What crosses the boundary: numbers and keys of fixed length, then texts (`keyfront_wasm_module::frame`).
//!
//! Integers are little-endian. Every byte belongs to something: a frame shorter or longer than expected is refused.

use alloc::vec::Vec;

use keyfront_wasm_module::frame::{put_texts, texts};

use crate::refused::Refused;

/// A frame that is read from its beginning.
pub(crate) struct Frame<'f>(&'f [u8]);

impl<'f> Frame<'f> {
    pub(crate) fn new(bytes: &'f [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<&'f [u8; N], Refused> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Refused::Frame)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Refused> {
        self.bytes().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Refused> {
        self.bytes().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// What is left.
    pub(crate) fn rest(self) -> &'f [u8] {
        self.0
    }

    /// What is left, as names and values.
    pub(crate) fn pairs(self) -> Result<Vec<(&'f str, &'f str)>, Refused> {
        let texts = texts(self.0).map_err(|_| Refused::Frame)?;
        let (pairs, []) = texts.as_chunks::<2>() else {
            return Err(Refused::Frame);
        };
        Ok(pairs.iter().map(|&[name, value]| (name, value)).collect())
    }

    pub(crate) fn end(self) -> Result<(), Refused> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refused::Frame)
        }
    }
}

/// Appends names and values.
pub(crate) fn put_pairs<'t>(
    out: &mut Vec<u8>,
    pairs: impl IntoIterator<Item = (&'t str, &'t str)>,
) {
    let texts: Vec<&str> = pairs.into_iter().flat_map(<[&str; 2]>::from).collect();
    put_texts(out, &texts);
}
