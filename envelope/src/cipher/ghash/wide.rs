//! GHASH sixteen blocks at a time, with 512-bit carry-less multiplication (`vpclmulqdq`).
//!
//! The keystream of current processors outruns one-lane GHASH, which then sets the speed of GCM.
//!
//! Elements are kept byte-reversed, as POLYVAL (RFC 8452, appendix A) does: there the product is
//! `a * b * x^-128`, which needs no bit reflection, and GHASH is POLYVAL under `x * H`.
//! All timing is independent of the data. Other processors take another engine.
#![allow(
    unsafe_code,
    reason = "two calls into code compiled for a processor feature, each after its detection"
)]

use core::arch::x86_64::{
    __m128i, __m512i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_shuffle_epi32,
    _mm_slli_si128, _mm_srli_si128, _mm_unpackhi_epi64, _mm_xor_si128, _mm512_broadcast_i32x4,
    _mm512_clmulepi64_epi128, _mm512_extracti32x4_epi32, _mm512_set_epi64, _mm512_setzero_si512,
    _mm512_shuffle_epi8, _mm512_xor_si512, _mm512_zextsi128_si512,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK: usize = 16;
/// Blocks in a run: four registers of four lanes.
const RUN: usize = 16;

cpufeatures::new!(
    wide_multiplication,
    "avx512f",
    "avx512bw",
    "vpclmulqdq",
    "pclmulqdq"
);

#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct WideGhash {
    /// H^16 down to H^1: what the blocks of a run are multiplied by.
    pub(crate) powers: [u128; RUN],
    pub(crate) sum: u128,
}

impl WideGhash {
    /// `None` where the processor lacks the instructions.
    pub(super) fn new(subkey: &[u8; BLOCK]) -> Option<Self> {
        if !wide_multiplication::get() {
            return None;
        }
        let key = times_x(u128::from_be_bytes(*subkey));
        // SAFETY: the processor has every feature `powers_of` is compiled for, as just detected.
        let powers = unsafe { powers_of(key) };
        Some(Self { powers, sum: 0 })
    }

    pub(super) fn absorb(&mut self, blocks: &[[u8; BLOCK]]) {
        // SAFETY: a `WideGhash` exists only after `new` has detected every feature `fold` needs.
        self.sum = unsafe { fold(self.sum, &self.powers, blocks) };
    }

    pub(super) fn finish(self) -> [u8; BLOCK] {
        self.sum.to_be_bytes()
    }
}

/// Multiplication by x modulo x^128 + x^127 + x^126 + x^121 + 1.
fn times_x(element: u128) -> u128 {
    let carry = element >> 127;
    (element << 1) ^ carry ^ (carry << 127) ^ (carry << 126) ^ (carry << 121)
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
fn powers_of(key: u128) -> [u128; RUN] {
    let mut powers = [key; RUN];
    for place in (0..RUN - 1).rev() {
        powers[place] = from_register(multiply(to_register(powers[place + 1]), to_register(key)));
    }
    powers
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
fn fold(sum: u128, powers: &[u128; RUN], blocks: &[[u8; BLOCK]]) -> u128 {
    let mut sum = to_register(sum);
    let (runs, rest) = blocks.as_chunks::<RUN>();
    if !runs.is_empty() {
        let powers = load_powers(powers);
        for run in runs {
            sum = fold_run(sum, &powers, run);
        }
    }
    let key = to_register(powers[RUN - 1]);
    for block in rest {
        let block = to_register(u128::from_be_bytes(*block));
        sum = multiply(_mm_xor_si128(sum, block), key);
    }
    from_register(sum)
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
#[inline]
fn fold_run(sum: __m128i, powers: &[__m512i; 4], run: &[[u8; BLOCK]; RUN]) -> __m128i {
    let mut blocks = [_mm512_setzero_si512(); 4];
    let (quads, _) = run.as_chunks::<4>();
    for (register, quad) in blocks.iter_mut().zip(quads) {
        *register = load(quad);
    }
    fold_registers(sum, powers, blocks)
}

/// The sum of sixteen products, reduced once.
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
#[inline]
pub(crate) fn fold_registers(sum: __m128i, powers: &[__m512i; 4], blocks: [__m512i; 4]) -> __m128i {
    let reversal = reversal();
    let mut low = _mm512_setzero_si512();
    let mut middle = low;
    let mut high = low;
    let mut carried = _mm512_zextsi128_si512(sum);
    for (block, power) in blocks.iter().zip(powers) {
        let data = _mm512_xor_si512(_mm512_shuffle_epi8(*block, reversal), carried);
        carried = _mm512_setzero_si512();
        low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128::<0x00>(data, *power));
        middle = _mm512_xor_si512(middle, _mm512_clmulepi64_epi128::<0x01>(data, *power));
        middle = _mm512_xor_si512(middle, _mm512_clmulepi64_epi128::<0x10>(data, *power));
        high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128::<0x11>(data, *power));
    }
    reduce(sum_lanes(low), sum_lanes(middle), sum_lanes(high))
}

/// The shuffle that reverses the bytes of every block.
#[target_feature(enable = "avx512f")]
#[inline]
pub(crate) fn reversal() -> __m512i {
    _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f))
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
#[inline]
fn multiply(a: __m128i, b: __m128i) -> __m128i {
    let middle = _mm_xor_si128(
        _mm_clmulepi64_si128::<0x01>(a, b),
        _mm_clmulepi64_si128::<0x10>(a, b),
    );
    reduce(
        _mm_clmulepi64_si128::<0x00>(a, b),
        middle,
        _mm_clmulepi64_si128::<0x11>(a, b),
    )
}

/// Montgomery reduction of `low + middle * x^64 + high * x^128` by two foldings of the lower half.
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
#[inline]
fn reduce(low: __m128i, middle: __m128i, high: __m128i) -> __m128i {
    // x^63 + x^62 + x^57: the polynomial's middle terms, seen from x^64.
    let polynomial = _mm_set_epi64x(0, 0xc200_0000_0000_0000_u64.cast_signed());
    let mut low = _mm_xor_si128(low, _mm_slli_si128::<8>(middle));
    let high = _mm_xor_si128(high, _mm_srli_si128::<8>(middle));
    for _ in 0..2 {
        let folded = _mm_clmulepi64_si128::<0x00>(low, polynomial);
        low = _mm_xor_si128(_mm_shuffle_epi32::<0x4e>(low), folded);
    }
    _mm_xor_si128(high, low)
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq,pclmulqdq")]
#[inline]
fn sum_lanes(lanes: __m512i) -> __m128i {
    let even = _mm_xor_si128(
        _mm512_extracti32x4_epi32::<0>(lanes),
        _mm512_extracti32x4_epi32::<2>(lanes),
    );
    let odd = _mm_xor_si128(
        _mm512_extracti32x4_epi32::<1>(lanes),
        _mm512_extracti32x4_epi32::<3>(lanes),
    );
    _mm_xor_si128(even, odd)
}

#[target_feature(enable = "avx512f")]
#[inline]
pub(crate) fn load_powers(powers: &[u128; RUN]) -> [__m512i; 4] {
    let mut registers = [_mm512_setzero_si512(); 4];
    let (quads, _) = powers.as_chunks::<4>();
    for (register, quad) in registers.iter_mut().zip(quads) {
        *register = load(&quad.map(u128::to_le_bytes));
    }
    registers
}

#[target_feature(enable = "avx512f")]
#[inline]
pub(crate) fn load(quad: &[[u8; BLOCK]; 4]) -> __m512i {
    // Sixty-four consecutive bytes: the compiler makes one load of it.
    let half = |place: usize| {
        let (halves, _) = quad[place / 2].as_chunks::<8>();
        i64::from_le_bytes(halves[place % 2])
    };
    _mm512_set_epi64(
        half(7),
        half(6),
        half(5),
        half(4),
        half(3),
        half(2),
        half(1),
        half(0),
    )
}

#[target_feature(enable = "avx512f")]
#[inline]
pub(crate) fn to_register(element: u128) -> __m128i {
    let halves = element.cast_signed();
    _mm_set_epi64x((halves >> 64) as i64, halves as i64)
}

#[target_feature(enable = "avx512f")]
#[inline]
pub(crate) fn from_register(register: __m128i) -> u128 {
    let low = _mm_cvtsi128_si64(register).cast_unsigned();
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(register, register)).cast_unsigned();
    (u128::from(high) << 64) | u128::from(low)
}
