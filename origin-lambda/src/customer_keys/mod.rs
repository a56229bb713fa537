//! Customer keys (SSE-C): the system's and publishers' own, out of their SSM parameters, kept for a minute.
//!
//! Which object is under which key is known to nobody: S3 says that it needs one, and whether it is the right one
//! (`locked`). It decides nothing about who may read.

mod holder;
mod keys;
mod locked;

pub use self::{holder::Holder, keys::CustomerKeys, locked::OpenableObject};
