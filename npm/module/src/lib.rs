//! The signer as a WASM module: a request as `fetch` would send it comes in, what to send comes out.
//!
//! Frames of texts (`keyfront_wasm_module::frame`) cross the boundary. `target` respells a URL so that the wire is what was signed, `call`
//! signs. `npm/package/signer.js` is the other side.
//!
//! It has no clock, sends nothing, hashes no bodies (the host's WebCrypto is faster) and imports nothing.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
pub mod abi;
pub mod call;
mod refused;
mod target;

pub use call::{Refused, answer};
