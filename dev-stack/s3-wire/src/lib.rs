//! S3's wire where `s3s` leaves off: what a request says before any operation runs, and how errors are written.
//!
//! | module | |
//! |---|---|
//! | `address` | paths, queries and hosts |
//! | `screen` | what AWS refuses and s3s would not |
//! | `inputs` | which inputs each operation has; all others are refused |
//! | `form` | browser form uploads, turned into the `PUT` they stand for |
//! | `body_guard` | bodies that break off or are not what was signed |
//! | `checksums` | checksums that clients declare, and those that S3 adds |
//! | `signature_mismatch` | what `SignatureDoesNotMatch` tells the client to compare |
//! | `error_response` | errors, as `s3s` values and as documents |
//!
//! It knows no buckets, objects or policies, only how they are asked for: those are `keyfront-dev-s3`'s.

pub mod address;
pub mod body_guard;
pub mod checksums;
pub mod error_response;
pub mod form;
pub mod inputs;
pub mod screen;
pub mod signature_mismatch;
