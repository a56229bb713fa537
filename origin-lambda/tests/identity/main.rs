//! Who is let in: tokens, the policy's cache, and the two transports.

#![allow(clippy::unwrap_used, clippy::panic)]

mod function_url;
mod policy;
#[path = "../scripted_s3/mod.rs"]
mod scripted_s3;
mod tokens;
