//! SigV4A's curve as a module of its own: an access key and a digest in, an ECDSA signature out.
//!
//! The handler loads it when a site first asks for SigV4A, so that every other site starts without elliptic curves.
//! The edge module builds and hashes the string to sign; this one derives the key, keeps it, and signs.
//!
//! It knows no requests and no sites, has no imports, and says nothing about what it is asked to sign.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod order;

#[cfg(target_arch = "wasm32")]
mod abi;
