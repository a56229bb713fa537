//! Who is calling: accounts, principals, credentials and the facts of one authenticated request.
//!
//! It does not verify signatures and it does not decide what a principal may do.

mod account;
mod credentials;
mod principal;
mod requester;

pub(crate) use self::account::root_arn;
pub use self::account::{Account, AccountError};
pub use self::credentials::{Credentials, SecretAccessKey, SessionToken};
pub use self::principal::Principal;
pub use self::requester::Requester;
