//! Bodies of the probes.

use bytes::Bytes;

/// Bytes in which no two stretches are alike.
pub(super) fn content(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}
