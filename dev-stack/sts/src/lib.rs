//! A small AWS STS: expiring sessions of the stack's roles, and who a caller is.
//!
//! A role's trust policy decides who may assume it. There are no session policies, session tags, source
//! identities, MFA, web identities or SAML; parameters for them are refused.

mod error;
mod query_api;
mod service;
mod sessions;

pub use self::error::StsError;
pub use self::sessions::{AssumeRole, RoleSession, Sts};
