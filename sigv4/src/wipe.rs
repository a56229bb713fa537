//! Wiping of secrets in buffers, whole words at a time.
//!
//! `zeroize` writes one volatile byte after another, and a session token has about nine hundred of them for every
//! request; a fill held in place by the same crate's optimisation barrier is a `memset`.
//!
//! It does not reach copies that a buffer left behind when it grew: reserve first.

use alloc::{string::String, vec::Vec};

use zeroize::optimization_barrier;

/// Overwrites all that `bytes` ever held, spare capacity included, and leaves it empty.
pub fn bytes(bytes: &mut Vec<u8>) {
    bytes.clear();
    // Up to the capacity, so nothing is moved.
    bytes.resize(bytes.capacity(), 0);
    optimization_barrier(bytes.as_slice());
    bytes.clear();
}

/// [`bytes`] for a text, whose allocation is given up.
pub fn text(text: &mut String) {
    bytes(&mut core::mem::take(text).into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiped_buffer_is_zero_up_to_its_capacity_and_keeps_its_place() {
        let mut secret = Vec::with_capacity(64);
        secret.extend_from_slice(b"secret");
        let (place, capacity) = (secret.as_ptr(), secret.capacity());
        bytes(&mut secret);
        assert!(secret.is_empty());
        assert_eq!((secret.as_ptr(), secret.capacity()), (place, capacity));
    }

    #[test]
    fn a_wiped_text_is_empty() {
        let mut secret = String::from("secret");
        text(&mut secret);
        assert_eq!(secret, "");
    }
}
