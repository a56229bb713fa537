//! The CloudFront API, as far as something of Keyfront calls it: a publisher's change reaches the CDN by
//! CreateInvalidation, and `keyfront doctor` reads how the local distribution is configured.
//!
//! Invalidations are complete when they are answered. Distributions are not created, listed or changed here.

mod batch;
mod configuration;
mod error;
mod list;
mod operation;
mod service;

pub use self::batch::InvalidationBatch;
pub use self::error::CloudFrontError;
pub use self::service::CloudFront;

/// XML namespace of every document.
const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
