//! SHA-256 (FIPS 180-4) of one message, and HMAC-SHA256 (RFC 2104) with the key absorbed once.
//!
//! A keyed HMAC is two SHA-256 states, 64 bytes that can be cloned, compared with nothing, and wiped; a
//! signature then costs its message's blocks plus one. The compression function is `sha2`'s, and the tests
//! hold this module against the `hmac` crate.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const BLOCK: usize = 64;

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The states after the inner and the outer key block; wiped on drop.
#[derive(Clone)]
pub(crate) struct KeyedHmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl KeyedHmac {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => block[..32].copy_from_slice(&sha256(key)),
        }
        let absorb = |pad: u8| {
            let mut state = INITIAL;
            compress256(&mut state, &[*Zeroizing::new(block.map(|byte| byte ^ pad))]);
            state
        };
        Self {
            inner: absorb(0x36),
            outer: absorb(0x5c),
        }
    }

    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let inner = finish(self.inner, Absorbed::KeyBlock, message);
        finish(self.outer, Absorbed::KeyBlock, &inner)
    }
}

impl Drop for KeyedHmac {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl Zeroize for KeyedHmac {
    fn zeroize(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl ZeroizeOnDrop for KeyedHmac {}

/// SHA-256 of a message that is all there: no buffer, no state between calls.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    finish(INITIAL, Absorbed::Nothing, message)
}

/// What a state has absorbed before the message.
#[derive(Clone, Copy)]
enum Absorbed {
    Nothing = 0,
    KeyBlock = BLOCK as isize,
}

/// The digest of what is already in `state`, followed by `message`.
fn finish(mut state: [u32; 8], absorbed: Absorbed, message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks::<BLOCK>();
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    // FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits; one block if it fits, else two.
    let mut last = [[0; BLOCK]; 2];
    last[0][..rest.len()].copy_from_slice(rest);
    last[0][rest.len()] = 0x80;
    let used = if rest.len() < BLOCK - 8 { 1 } else { 2 };
    let bits = 8 * (absorbed as usize + message.len()) as u64;
    last[used - 1][BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &last[..used]);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_hmac_crate(key: Vec<u8>, message in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut oracle = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            oracle.update(&message);
            let expected: [u8; 32] = oracle.finalize().into_bytes().into();
            prop_assert_eq!(KeyedHmac::new(&key).mac(&message), expected);
        }
    }

    #[test]
    fn sha256_agrees_with_the_sha2_crate_at_every_padding_boundary() {
        for length in 0..300 {
            let message = vec![0x3c; length];
            let expected: [u8; 32] = Sha256::digest(&message).into();
            assert_eq!(sha256(&message), expected, "{length}");
        }
    }

    #[test]
    fn keyed_states_are_wiped_on_drop() {
        fn is_wiped_on_drop(_: &impl ZeroizeOnDrop) {}
        let mut keyed = KeyedHmac::new(b"key");
        is_wiped_on_drop(&keyed);
        keyed.zeroize();
        assert_eq!((keyed.inner, keyed.outer), ([0; 8], [0; 8]));
    }

    #[test]
    fn agrees_with_the_hmac_crate_at_every_padding_boundary() {
        for key_length in [0, 1, 63, 64, 65, 128] {
            let key = vec![0x5a; key_length];
            for length in 0..200 {
                let message = vec![0xa5; length];
                let mut oracle = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                oracle.update(&message);
                let expected: [u8; 32] = oracle.finalize().into_bytes().into();
                assert_eq!(
                    KeyedHmac::new(&key).mac(&message),
                    expected,
                    "{key_length} {length}"
                );
            }
        }
    }
}
