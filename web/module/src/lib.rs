//! The envelope crate as a WASM module: what a browser seals files with before they are uploaded, and opens them with.
//!
//! ```text
//! file ----- the browser's AES-GCM, a segment a call ----------> ciphertext
//!                  ^ vector                  | tag
//! random, key -> Session -> metadata, segments, hashes, tag; or why not
//! ```
//!
//! `frame` reads what comes in, `session` is one file on its way, `publisher_key` is a publisher's key, `abi` has the
//! exports. `web/src/sealing/module.ts` is the other side.
//!
//! It has no randomness, does no I/O, encrypts no content (the browser's AES is faster) and imports nothing. An
//! instance serves one file, or one passphrase, and is dropped.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
pub mod abi;
mod answer;
mod frame;
mod publisher_key;
mod refused;
mod session;

pub use answer::answer;
pub use publisher_key::{derive, key_id};
pub use refused::Refused;
pub use session::{Session, describe, share};
