//! Publishers: who they are (tokens, JWTs, IAM principals) and what they may do (rules), as
//! `.keyfront/publishers.json` in the bucket says.
//!
//! It reads no HTTP headers, fetches no documents and no keys, and has no clock.

mod algorithm;
mod document;
mod folders;
mod identity;
mod issuer;
mod jwks;
mod jws;
mod jwt;
mod jwt_refusal;
mod method;
mod person;
mod rule;
mod session;
mod strict_json;
mod token;

#[cfg(test)]
mod tests;

pub use self::{
    algorithm::Algorithm,
    document::{MAX_DOCUMENT, NewToken, PolicyError, Publisher, Publishers},
    folders::{FolderError, SharedFolder},
    identity::{ClaimValue, IamCaller, IamPrincipal, Identity, OidcIdentity, Subject},
    issuer::{AcceptedTokens, Issuer, TrustedUrl},
    jwks::{Jwks, JwksError, MAX_SET, VerifyingKey},
    jws::UnverifiedJws,
    jwt::{MAX_JWT, UnverifiedJwt},
    jwt_refusal::JwtRefusal,
    method::{Method, MethodName},
    person::{Namespace, Person},
    rule::{Denial, HeaderText, LONGEST_REQUEST, Lifetime, Overwrite, Prefix, Rule},
    session::Session,
    token::{PublisherToken, StoredToken, TokenHash},
};

pub(crate) use self::rule::DEFAULT_LIFETIME;

/// The key of the policy in the bucket.
pub const POLICY_KEY: &str = ".keyfront/publishers.json";
