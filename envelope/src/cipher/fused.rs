//! AES-256-CTR and GHASH in one pass over 256 bytes at a time, with `vaes` and `vpclmulqdq`.
//!
//! The two use different units of the processor, which overlaps them once they are in one loop;
//! two passes cost the sum of both. It handles whole runs at block boundaries only; other content,
//! and other processors, take two passes.
#![allow(
    unsafe_code,
    reason = "two calls into code compiled for processor features, each after their detection, and a register's bytes"
)]

use core::arch::x86_64::{
    __m128i, __m512i, _mm_aeskeygenassist_si128, _mm_shuffle_epi32, _mm_slli_si128, _mm_xor_si128,
    _mm512_add_epi32, _mm512_aesenc_epi128, _mm512_aesenclast_epi128, _mm512_broadcast_i32x4,
    _mm512_set_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_xor_si512,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::direction::Direction;
use super::ghash::wide::{
    WideGhash, fold_registers, from_register, load, load_powers, reversal, to_register,
};

/// Sixteen blocks: four registers of four lanes.
const RUN: usize = 256;
/// AES-256 has fourteen rounds and a key before the first.
const ROUND_KEYS: usize = 15;

cpufeatures::new!(
    fusion,
    "avx512f",
    "avx512bw",
    "vaes",
    "vpclmulqdq",
    "aes",
    "pclmulqdq"
);

#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct FusedAes {
    round_keys: [u128; ROUND_KEYS],
    nonce: [u8; 12],
}

impl FusedAes {
    /// `None` where the processor lacks the instructions.
    pub(super) fn new(key: &[u8; 32], nonce: [u8; 12]) -> Option<Self> {
        if !fusion::get() {
            return None;
        }
        // SAFETY: the processor has every feature `expand` is compiled for, as just detected.
        let round_keys = unsafe { expand(key) };
        Some(Self { round_keys, nonce })
    }

    /// Encrypts or decrypts runs in place and folds their ciphertext into the hash; `block` is the
    /// content's block they start with.
    pub(super) fn apply(
        &self,
        direction: Direction,
        block: u32,
        hash: &mut WideGhash,
        runs: &mut [[u8; RUN]],
    ) {
        // SAFETY: a `FusedAes` exists only after `new` has detected every feature `pass` needs.
        unsafe { pass(self, direction, block, hash, runs) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,vaes,vpclmulqdq,aes,pclmulqdq")]
fn pass(
    aes: &FusedAes,
    direction: Direction,
    block: u32,
    hash: &mut WideGhash,
    runs: &mut [[u8; RUN]],
) {
    let keys = aes
        .round_keys
        .map(|key| _mm512_broadcast_i32x4(to_register(key)));
    let powers = load_powers(&hash.powers);
    let mut sum = to_register(hash.sum);
    let mut counters = first_counters(aes.nonce, block.wrapping_add(2));
    let mut pending = None;
    let four = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
    for run in runs {
        let mut keystream = [_mm512_setzero_si512(); 4];
        for register in &mut keystream {
            *register = _mm512_xor_si512(_mm512_shuffle_epi8(counters, reversal()), keys[0]);
            counters = _mm512_add_epi32(counters, four);
        }
        encrypt(&keys, &mut keystream);
        let mut input = keystream;
        let mut output = keystream;
        let (blocks, _) = run.as_chunks::<16>();
        let (quads, _) = blocks.as_chunks::<4>();
        for (place, quad) in quads.iter().enumerate() {
            input[place] = load(quad);
            output[place] = _mm512_xor_si512(input[place], keystream[place]);
        }
        // What was encrypted is hashed one run later, so that the hash never waits for AES.
        let ciphertext = match direction {
            Direction::Encrypt => pending.replace(output),
            Direction::Decrypt => Some(input),
        };
        if let Some(ciphertext) = ciphertext {
            sum = fold_registers(sum, &powers, ciphertext);
        }
        let (quarters, _) = run.as_chunks_mut::<64>();
        for (quarter, register) in quarters.iter_mut().zip(output) {
            // SAFETY: a 512-bit register is 64 bytes, all of them initialised.
            *quarter = unsafe { core::mem::transmute::<__m512i, [u8; 64]>(register) };
        }
    }
    if let Some(ciphertext) = pending {
        sum = fold_registers(sum, &powers, ciphertext);
    }
    hash.sum = from_register(sum);
}

/// All rounds but the first key, which the counters already carry.
#[target_feature(enable = "avx512f,vaes")]
#[inline]
fn encrypt(keys: &[__m512i; ROUND_KEYS], states: &mut [__m512i; 4]) {
    for key in &keys[1..ROUND_KEYS - 1] {
        for state in states.iter_mut() {
            *state = _mm512_aesenc_epi128(*state, *key);
        }
    }
    for state in states.iter_mut() {
        *state = _mm512_aesenclast_epi128(*state, keys[ROUND_KEYS - 1]);
    }
}

/// Four consecutive counter blocks, byte-reversed, so that the counter is each lane's lowest word.
#[target_feature(enable = "avx512f")]
#[inline]
fn first_counters(nonce: [u8; 12], counter: u32) -> __m512i {
    let mut block = [0; 16];
    block[..12].copy_from_slice(&nonce);
    block[12..].copy_from_slice(&counter.to_be_bytes());
    let lanes = _mm512_broadcast_i32x4(to_register(u128::from_be_bytes(block)));
    _mm512_add_epi32(lanes, _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0))
}

/// The AES-256 key schedule (FIPS 197, 5.2).
#[target_feature(enable = "avx512f,aes")]
fn expand(key: &[u8; 32]) -> [u128; ROUND_KEYS] {
    let (halves, _) = key.as_chunks::<16>();
    let [mut even, mut odd] =
        [halves[0], halves[1]].map(|half| to_register(u128::from_le_bytes(half)));
    let mut round_keys = [0; ROUND_KEYS];
    (round_keys[0], round_keys[1]) = (from_register(even), from_register(odd));
    macro_rules! expand_round {
        ($round:literal, $constant:literal) => {
            even = mix::<0xff>(even, _mm_aeskeygenassist_si128::<$constant>(odd));
            round_keys[2 * $round] = from_register(even);
            // The last round has no odd key.
            if let Some(next) = round_keys.get_mut(2 * $round + 1) {
                odd = mix::<0xaa>(odd, _mm_aeskeygenassist_si128::<0>(even));
                *next = from_register(odd);
            }
        };
    }
    expand_round!(1, 0x01);
    expand_round!(2, 0x02);
    expand_round!(3, 0x04);
    expand_round!(4, 0x08);
    expand_round!(5, 0x10);
    expand_round!(6, 0x20);
    expand_round!(7, 0x40);
    round_keys
}

/// Each word plus all before it, plus the chosen word of the assisted key.
#[target_feature(enable = "avx512f,aes")]
#[inline]
fn mix<const WORD: i32>(previous: __m128i, assisted: __m128i) -> __m128i {
    let mut mixed = previous;
    let mut shifted = previous;
    for _ in 0..3 {
        shifted = _mm_slli_si128::<4>(shifted);
        mixed = _mm_xor_si128(mixed, shifted);
    }
    _mm_xor_si128(mixed, _mm_shuffle_epi32::<WORD>(assisted))
}
