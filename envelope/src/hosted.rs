//! Bulk work by a platform whose AES-GCM is fast, one-shot, and the only thing it offers (WebCrypto).
//!
//! GHASH is a polynomial: the hashes of a body's segments add up to the body's. So the platform is asked about one
//! segment at a time, in any order, and what is left to do here are a few multiplications for each. No byte of the
//! body comes here. The platform's own tags never leave the process, so that they reuse the key harms nothing.
//!
//! [`HostedSealer`] has segments encrypted, [`HostedGuard`] has those that arrive hashed. Neither calls the platform.

mod field;
mod guard;
mod sealer;

pub use guard::HostedGuard;
pub use sealer::{HostedSealer, HostedSegment, seal_hosted};

#[cfg(test)]
mod tests;
