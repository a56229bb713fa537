//! S3, embedded: every call authenticated and authorised, every byte encrypted at rest.
//!
//! A request passes, in this order: `screen` (what AWS refuses and s3s would not), s3s's signature
//! verification and the session (`gate`), the table of inputs, an operation (`operations`) that asks IAM
//! and KMS ([`keyfront_dev_s3_access`]), and the records and bodies (`catalog`, `blobs`).
//!
//! There are no ACLs, lifecycle, replication, website endpoints or anonymous reads; an unsupported operation is answered
//! 501. Verification shares no code with Keyfront's own signer.

mod blocked_encryption;
mod bodies;
mod cross_origin;
mod gate;
mod local_s3;
mod operations;
mod preconditions;
mod rewrite;
mod server;

pub use self::{
    local_s3::{BucketEncryption, LocalS3, S3Parts, StartError},
    operations::SUPPORTED_OPERATIONS,
};
pub use keyfront_dev_s3_store::catalog::CorsRule;
