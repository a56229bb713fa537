//! The words all sides speak: problem types, header names, routes, and what S3's and KMS's error codes mean.
//!
//! Edge, origin, Worker, command line and page take every word they share from here, so that no two of them can
//! differ. It decides nothing about a request: who is refused, and why, is each room's own.

#![no_std]

pub mod content_encoding;
pub mod cross_origin;
pub mod header;
pub mod problem_type;
pub mod route;
pub mod upstream;

pub use self::{problem_type::ProblemType, route::Route, upstream::Failure};
