//! The direction in which content passes the cipher.

/// Whether ciphertext goes in or comes out.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}
