//! The credentials the stack accepts.
//!
//! Whom they stand for is `keyfront_iam`'s vocabulary; signatures are verified by `request_auth` and `s3`.

mod registry;

pub use self::registry::{CredentialRegistry, Registered, RegistryError, SessionRefusal};
