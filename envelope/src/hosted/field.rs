//! Arithmetic in GHASH's field (NIST SP 800-38D, 6.3), by the `ghash` crate's multiplication.
//!
//! It knows nothing of keys or bodies.

use ::ghash::universal_hash::UniversalHash as _;
use ::ghash::{Block, GHash};
use zeroize::Zeroizing;

pub(super) const BLOCK: u64 = 16;

/// An element of the field, as the bytes of a block.
pub(super) type Element = [u8; 16];

/// The block that ends a hash: two lengths, given in bytes, in bits.
pub(super) fn lengths(associated_data: u64, content: u64) -> Element {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&(associated_data * 8).to_be_bytes());
    block[8..].copy_from_slice(&(content * 8).to_be_bytes());
    block
}

pub(super) fn sum(left: &Element, right: &Element) -> Zeroizing<Element> {
    let mut sum = Zeroizing::new(*left);
    for (byte, other) in sum.iter_mut().zip(right) {
        *byte ^= other;
    }
    sum
}

/// The product: the hash of one block is the block times the subkey.
pub(super) fn times(left: &Element, right: &Element) -> Zeroizing<Element> {
    let mut hash = GHash::new(right.into());
    hash.update(&[Block::from(*left)]);
    Zeroizing::new(hash.finalize().into())
}

/// `base` to an exponent of one or more.
pub(super) fn power(base: &Element, exponent: u64) -> Zeroizing<Element> {
    let mut power = Zeroizing::new(*base);
    for bit in (0..exponent.ilog2()).rev() {
        power = times(&power, &power);
        if exponent >> bit & 1 == 1 {
            power = times(&power, base);
        }
    }
    power
}

/// The multiplicative inverse: to the power of 2^128 - 2 (Fermat).
pub(super) fn inverse(element: &Element) -> Zeroizing<Element> {
    let mut square = times(element, element);
    let mut product = square.clone();
    for _ in 2..128 {
        square = times(&square, &square);
        product = times(&product, &square);
    }
    product
}
