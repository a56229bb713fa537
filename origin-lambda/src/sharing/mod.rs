//! URLs that read one object: links of the CDN that a key in KMS signs, and presigned requests to S3.
//!
//! Which way a share leads, how long it works and what is refused is decided in [`keyfront_origin_core::sharing`]. It knows
//! no HTTP requests.

mod kept_parameter;
mod link_signer;
mod share;

pub use self::link_signer::LinkSigner;
pub(crate) use self::share::{Share, ShareRequest, Sharing};
