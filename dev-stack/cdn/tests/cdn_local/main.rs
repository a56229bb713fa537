//! The local CDN against small origins that count and record what reaches them.
//!
//! Everything runs on free loopback ports and ends with its test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod caching;
mod collapsing;
mod edge_core;
mod functions;
mod headers;
mod openssl;
mod signed;
mod stage;
mod transfer;
