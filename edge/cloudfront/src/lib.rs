//! The edge as a Lambda@Edge function: frames in linear memory <-> the edge core.
//!
//! `js/index.mjs` is the handler CloudFront invokes; it copies the fields the core needs into one [`frame`], calls
//! `abi` and applies what comes back to the event. [`adapter`] converts and calls; every rule is the core's.
//!
//! It does not parse JSON events (the handler's runtime already has), read the environment or the clock.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

pub mod adapter;
pub mod frame;

#[cfg(target_arch = "wasm32")]
mod abi;
