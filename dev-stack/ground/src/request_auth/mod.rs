//! Who signed a request to KMS, STS or a Function URL: SigV4 in the `Authorization` header, verified.
//!
//! The signature is recomputed by the `aws-sigv4` crate and never by Keyfront's own signer, so that the
//! two cannot share a mistake. S3 is verified elsewhere: its rules differ (single encoding, presigned
//! URLs, streamed bodies). What the signer may do is `iam`'s business.

mod authorization;
mod error;
mod verification;

pub use self::error::AuthError;
pub use self::verification::RequestAuth;
