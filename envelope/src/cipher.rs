//! AES-256-GCM (NIST SP 800-38D) taken apart, so that content streams through it in any split:
//! the keystream and the authenticator, both over 96-bit nonces.
//!
//! Platforms whose AES is faster run the keystream themselves, starting at
//! [`ContentKey::counter_block`], and leave the authenticator here. It bounds no lengths, does not
//! know where an object's tag is, nor when plaintext may be released: sealing and opening do.

#[cfg(target_arch = "x86_64")]
use alloc::boxed::Box;
use core::fmt;

use aes::Aes256;
#[cfg(target_arch = "x86_64")]
use aes::cipher::StreamCipherSeek;
use aes::cipher::{BlockCipherEncrypt, KeyInit, KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use ghash::Ghash;

mod direction;
#[cfg(target_arch = "x86_64")]
mod fused;
mod ghash;

pub(crate) use direction::Direction;

/// Length of the tag in bytes.
pub const TAG_LENGTH: usize = 16;
/// The most content one key and nonce may carry: 2^39 - 256 bits, in bytes.
pub const MAX_CONTENT_LENGTH: u64 = (1 << 36) - 32;
pub(crate) const BLOCK: u64 = 16;
/// Content is encrypted and hashed in strides that stay in the processor's nearest cache.
pub(crate) const STRIDE: usize = 16 * 1024;

/// The key, nonce and associated data of one object's content. Wiped on drop, never printed.
pub struct ContentKey {
    key: Zeroizing<[u8; 32]>,
    nonce: [u8; 12],
    associated_data: &'static [u8],
}

impl ContentKey {
    pub(crate) fn new(
        key: Zeroizing<[u8; 32]>,
        nonce: [u8; 12],
        associated_data: &'static [u8],
    ) -> Self {
        Self {
            key,
            nonce,
            associated_data,
        }
    }

    /// The AES-256 key, for a platform that runs the keystream itself.
    #[must_use]
    pub fn expose_key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The 96-bit nonce of the content.
    #[must_use]
    pub fn nonce(&self) -> [u8; 12] {
        self.nonce
    }

    /// The associated data the content is authenticated with.
    #[must_use]
    pub fn associated_data(&self) -> &'static [u8] {
        self.associated_data
    }

    /// The AES-CTR counter block of the content's byte `16 * block`; the counter is its last 32 bits.
    #[must_use]
    pub fn counter_block(&self, block: u32) -> [u8; 16] {
        // Counter 1 masks the tag, content begins at 2.
        self.block(block.wrapping_add(2))
    }

    /// AES of one block under this key. For a few blocks an object: it expands the key anew.
    pub(crate) fn encrypt_block(&self, block: [u8; 16]) -> Zeroizing<[u8; 16]> {
        let mut block = Zeroizing::new(block);
        Aes256::new((&*self.key).into()).encrypt_block((&mut *block).into());
        block
    }

    fn block(&self, counter: u32) -> [u8; 16] {
        let mut block = [0; 16];
        block[..12].copy_from_slice(&self.nonce);
        block[12..].copy_from_slice(&counter.to_be_bytes());
        block
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(redacted)")
    }
}

/// AES-256-CTR over an object's content.
///
/// Encrypts and decrypts alike; on its own it authenticates nothing.
pub(crate) struct Keystream(ctr::Ctr32BE<Aes256>);

impl Keystream {
    /// The keystream of the whole content.
    pub(crate) fn from_start(key: &ContentKey) -> Self {
        Self::from_block(key, 0)
    }

    /// The keystream from the content's byte `16 * block` on.
    pub(crate) fn from_block(key: &ContentKey, block: u32) -> Self {
        let counter_block = key.counter_block(block);
        Self(ctr::Ctr32BE::new(
            (&*key.key).into(),
            (&counter_block).into(),
        ))
    }

    /// Encrypts or decrypts the next bytes in place.
    pub(crate) fn apply(&mut self, content: &mut [u8]) {
        self.0.apply_keystream(content);
    }
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keystream(redacted)")
    }
}

/// GHASH over associated data and ciphertext, and the tag it ends in.
pub(crate) struct Authenticator {
    hash: Ghash,
    mask: Zeroizing<[u8; TAG_LENGTH]>,
    associated_data: u64,
    ciphertext: u64,
}

impl Authenticator {
    /// Begins with the object's associated data.
    pub(crate) fn new(key: &ContentKey) -> Self {
        let [mask, subkey] = mask_and_subkey(key);
        let mut hash = Ghash::new(&subkey);
        hash.absorb(key.associated_data);
        hash.pad();
        let associated_data = key.associated_data.len() as u64;
        Self {
            hash,
            mask,
            associated_data,
            ciphertext: 0,
        }
    }

    /// Takes in the next bytes of ciphertext.
    pub(crate) fn absorb(&mut self, ciphertext: &[u8]) {
        self.ciphertext += ciphertext.len() as u64;
        self.hash.absorb(ciphertext);
    }

    /// Bytes of ciphertext so far.
    pub(crate) fn absorbed(&self) -> u64 {
        self.ciphertext
    }

    /// The tag over everything absorbed.
    pub(crate) fn tag(mut self) -> [u8; TAG_LENGTH] {
        let mut lengths = [0; 16];
        lengths[..8].copy_from_slice(&(self.associated_data * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(self.ciphertext * 8).to_be_bytes());
        self.hash.pad();
        self.hash.absorb(&lengths);
        let mut tag = self.hash.finish();
        for (byte, mask) in tag.iter_mut().zip(self.mask.iter()) {
            *byte ^= mask;
        }
        tag
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("absorbed", &self.ciphertext)
            .finish_non_exhaustive()
    }
}

/// What masks the tag, and the subkey of GHASH.
pub(crate) fn mask_and_subkey(key: &ContentKey) -> [Zeroizing<[u8; 16]>; 2] {
    [key.block(1), [0; 16]].map(|block| key.encrypt_block(block))
}

/// Keystream and authenticator over the same content, one step ahead of each other.
pub(crate) struct Gcm {
    keystream: Keystream,
    authenticator: Authenticator,
    #[cfg(target_arch = "x86_64")]
    fused: Option<Box<fused::FusedAes>>,
}

impl Gcm {
    pub(crate) fn new(key: &ContentKey) -> Self {
        Self {
            keystream: Keystream::from_start(key),
            authenticator: Authenticator::new(key),
            #[cfg(target_arch = "x86_64")]
            fused: fused::FusedAes::new(&key.key, key.nonce).map(Box::new),
        }
    }

    /// Encrypts or decrypts the next bytes in place and authenticates their ciphertext.
    pub(crate) fn apply(&mut self, direction: Direction, content: &mut [u8]) {
        let begun = self.absorbed() % BLOCK;
        let missing = usize::try_from((BLOCK - begun) % BLOCK).unwrap_or(0);
        let (head, rest) = content.split_at_mut(missing.min(content.len()));
        self.apply_stepwise(direction, head);
        let rest = self.apply_fused(direction, rest);
        self.apply_stepwise(direction, rest);
    }

    pub(crate) fn absorbed(&self) -> u64 {
        self.authenticator.absorbed()
    }

    pub(crate) fn tag(self) -> [u8; TAG_LENGTH] {
        self.authenticator.tag()
    }

    fn apply_stepwise(&mut self, direction: Direction, content: &mut [u8]) {
        for stride in content.chunks_mut(STRIDE) {
            match direction {
                Direction::Encrypt => {
                    self.keystream.apply(stride);
                    self.authenticator.absorb(stride);
                }
                Direction::Decrypt => {
                    self.authenticator.absorb(stride);
                    self.keystream.apply(stride);
                }
            }
        }
    }

    /// Does what the processor can do in one pass, and returns what is left over.
    #[cfg(target_arch = "x86_64")]
    fn apply_fused<'a>(&mut self, direction: Direction, content: &'a mut [u8]) -> &'a mut [u8] {
        let start = self.authenticator.ciphertext;
        let (Some(fused), Some(hash)) = (&self.fused, self.authenticator.hash.wide()) else {
            return content;
        };
        let (runs, rest) = content.as_chunks_mut();
        if runs.is_empty() {
            return rest;
        }
        fused.apply(direction, block_of(start), hash, runs);
        self.authenticator.ciphertext += runs.as_flattened().len() as u64;
        // Cannot overflow: callers bound content to MAX_CONTENT_LENGTH, below 2^32 blocks.
        self.keystream.0.seek(self.authenticator.ciphertext);
        rest
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn apply_fused<'a>(&mut self, _: Direction, content: &'a mut [u8]) -> &'a mut [u8] {
        content
    }
}

impl fmt::Debug for Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gcm")
            .field("absorbed", &self.absorbed())
            .finish_non_exhaustive()
    }
}

/// Compares tags in constant time.
pub(crate) fn tags_match(computed: &[u8; TAG_LENGTH], received: &[u8]) -> bool {
    computed.as_slice().ct_eq(received).into()
}

/// The first block of the content byte `offset` lies in.
pub(crate) fn block_of(offset: u64) -> u32 {
    // MAX_CONTENT_LENGTH / 16 is 2^32 - 2, so every offset within content has a 32-bit block.
    u32::try_from(offset / BLOCK).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
