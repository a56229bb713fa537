//! The issuer from outside, over HTTP: as a browser and a client see it. Tokens are verified with `ring`.
//!
//! Everything runs on free loopback ports and ends with its test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
mod code_flow;
mod discovery;
mod hostile;
mod jwt;
mod logout;
mod running;
