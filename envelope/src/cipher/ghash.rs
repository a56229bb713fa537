//! GHASH (NIST SP 800-38D, 6.4) over bytes in any split.
//!
//! Whole blocks go to `wide` where the processor multiplies without carry 512 bits at a time,
//! otherwise to the `ghash` crate. It knows nothing of AES or of tags.

use alloc::boxed::Box;

use ::ghash::universal_hash::UniversalHash;
use ::ghash::{Block, GHash};
use zeroize::Zeroizing;

#[cfg(target_arch = "x86_64")]
pub(super) mod wide;

const BLOCK: usize = 16;

pub(super) struct Ghash {
    engine: Engine,
    partial: Zeroizing<[u8; BLOCK]>,
    /// Bytes in `partial`, always below 16.
    filled: usize,
}

impl Ghash {
    /// GHASH under the subkey, AES of the zero block.
    pub(super) fn new(subkey: &[u8; BLOCK]) -> Self {
        Self {
            engine: Engine::best(subkey),
            partial: Zeroizing::new([0; BLOCK]),
            filled: 0,
        }
    }

    pub(super) fn absorb(&mut self, mut bytes: &[u8]) {
        if self.filled > 0 {
            let taken = bytes.len().min(BLOCK - self.filled);
            let (head, tail) = bytes.split_at(taken);
            self.partial[self.filled..self.filled + taken].copy_from_slice(head);
            self.filled += taken;
            bytes = tail;
            if self.filled < BLOCK {
                return;
            }
            self.engine.absorb(&[*self.partial]);
        }
        let (blocks, rest) = bytes.as_chunks();
        self.engine.absorb(blocks);
        self.partial[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// Fills the current block with zeros, if one was begun.
    pub(super) fn pad(&mut self) {
        if self.filled > 0 {
            self.partial[self.filled..].fill(0);
            self.engine.absorb(&[*self.partial]);
            self.filled = 0;
        }
    }

    /// The wide engine, if that is the one and a block is not begun.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn wide(&mut self) -> Option<&mut wide::WideGhash> {
        match &mut self.engine {
            Engine::Wide(hash) if self.filled == 0 => Some(hash),
            _ => None,
        }
    }

    /// The hash; bytes of a block not padded are not part of it.
    pub(super) fn finish(self) -> [u8; BLOCK] {
        match self.engine {
            Engine::Portable(hash) => hash.finalize().into(),
            #[cfg(target_arch = "x86_64")]
            Engine::Wide(hash) => hash.finish(),
        }
    }
}

/// Boxed, so that moving a state copies no key-dependent bytes, nor stale ones into padding, which
/// no destructor wipes.
enum Engine {
    Portable(Box<GHash>),
    #[cfg(target_arch = "x86_64")]
    Wide(Box<wide::WideGhash>),
}

impl Engine {
    fn best(subkey: &[u8; BLOCK]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(hash) = wide::WideGhash::new(subkey) {
            return Self::Wide(Box::new(hash));
        }
        Self::Portable(Box::new(GHash::new(subkey.into())))
    }

    fn absorb(&mut self, blocks: &[[u8; BLOCK]]) {
        match self {
            Self::Portable(hash) => hash.update(Block::cast_slice_from_core(blocks)),
            #[cfg(target_arch = "x86_64")]
            Self::Wide(hash) => hash.absorb(blocks),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn hash(engine: Engine, pieces: &[Vec<u8>]) -> [u8; BLOCK] {
        let mut hash = Ghash {
            engine,
            partial: Zeroizing::new([0; BLOCK]),
            filled: 0,
        };
        for piece in pieces {
            hash.absorb(piece);
        }
        hash.pad();
        hash.finish()
    }

    /// Bytes of a piece. Miri takes long to make each.
    const LONGEST: usize = if cfg!(miri) { 40 } else { 700 };

    proptest! {
        #[test]
        fn the_wide_engine_agrees_with_the_portable_one_in_any_split(
            subkey: [u8; BLOCK],
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..LONGEST), 0..6),
        ) {
            let portable = hash(Engine::Portable(Box::new(GHash::new((&subkey).into()))), &pieces);
            prop_assert_eq!(hash(Engine::best(&subkey), &pieces), portable);
            prop_assert_eq!(hash(Engine::best(&subkey), &[pieces.concat()]), portable);
        }
    }

    #[test]
    fn test_case_2_of_the_gcm_specification_is_met() {
        let subkey = hex::decode("66e94bd4ef8a2c3b884cfa59ca342b2e")
            .unwrap()
            .try_into()
            .unwrap();
        let blocks =
            hex::decode("0388dace60b6a392f328c2b971b2fe7800000000000000000000000000000080");
        let pieces = [blocks.unwrap()];
        let expected = "f38cbb1ad69223dcc3457ae5b6b0f885";
        assert_eq!(hex::encode(hash(Engine::best(&subkey), &pieces)), expected);
        assert_eq!(
            hex::encode(hash(
                Engine::Portable(Box::new(GHash::new((&subkey).into()))),
                &pieces
            )),
            expected
        );
    }
}
