//! Who is calling: accounts, principals, credentials and the facts of one authenticated request.
//!
//! It does not verify signatures and it does not decide what a principal may do.

mod account;
mod credentials;
mod principal;
mod requester;

pub(crate) use account::root_arn;
pub use account::{Account, AccountError};
pub use credentials::{Credentials, SecretAccessKey, SessionToken};
pub use principal::Principal;
pub use requester::Requester;
