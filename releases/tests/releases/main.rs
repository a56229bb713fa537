//! The documents of releases, from outside: vectors, other implementations, laws, then examples.
#![allow(clippy::unwrap_used, clippy::panic)]

mod difference;
mod generated;
mod layout;
mod log;
mod manifest;
mod signature;
