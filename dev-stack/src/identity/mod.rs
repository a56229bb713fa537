//! Who is calling: accounts, principals, credentials and the facts of one authenticated request.
//!
//! It does not verify signatures (`request_auth`, `s3`) and it does not judge what a principal may do
//! (`iam`).

mod account;
mod credentials;
mod principal;
mod registry;
mod requester;

pub(crate) use account::root_arn;
pub use account::{Account, AccountError};
pub use credentials::{Credentials, SecretAccessKey, SessionToken};
pub use principal::Principal;
pub use registry::{CredentialRegistry, Registered, RegistryError, SessionRefusal};
pub use requester::Requester;
