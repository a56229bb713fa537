//! The CloudFront API, as far as a publisher's change must reach the CDN: CreateInvalidation on the local distribution.
//!
//! Invalidations are complete when they are answered. Distributions are not created, read or changed here.

mod batch;
mod error;
mod service;

pub use batch::InvalidationBatch;
pub use error::CloudFrontError;
pub use service::{CloudFront, serve};
