//! Publishers: who they are (tokens, JWTs, IAM principals) and what they may do (rules), as
//! `.keyfront/publishers.json` in the bucket says.
//!
//! It reads no HTTP headers, fetches no documents and no keys, and has no clock.

mod document;
mod folders;
mod identity;
mod method;
mod person;
mod policy_error;
mod prefix;
mod publisher_entry;
mod rule;
mod session;
mod site_limits;
mod site_scope;
mod token;

#[cfg(test)]
mod tests;

pub use self::{
    document::{NewToken, Publishers},
    folders::{FolderError, SharedFolder},
    identity::{IamCaller, IamPrincipal, Identity},
    method::{Method, MethodName},
    person::{Namespace, Person},
    policy_error::{MAX_DOCUMENT, PolicyError},
    prefix::Prefix,
    publisher_entry::Publisher,
    rule::{Denial, HeaderText, LONGEST_REQUEST, Lifetime, Overwrite, Rule},
    session::{Author, Session},
    site_limits::SiteLimits,
    site_scope::SiteScope,
    token::{PublisherToken, StoredToken, TokenHash},
};

pub(crate) use self::rule::DEFAULT_LIFETIME;

/// The key of the policy in the bucket.
pub const POLICY_KEY: &str = ".keyfront/publishers.json";
