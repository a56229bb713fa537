//! Publishers: who they are (tokens, JWTs, IAM principals) and what they may do (rules), as
//! `.keyfront/publishers.json` in the bucket says.
//!
//! It does not read HTTP headers. [`PolicySource`] asks the store for the document, [`IssuerKeys`]
//! asks issuers for their keys; everything else here is pure.

mod document;
mod identity;
mod issuer;
mod issuer_keys;
mod jwks;
mod jwks_fetch;
mod jwt;
mod policy_source;
mod rule;
mod session;
mod token;

#[cfg(test)]
mod tests;

pub(crate) use self::{document::MAX_DOCUMENT, jwt::MAX_JWT};
pub use self::{
    document::{PolicyError, Publisher, Publishers},
    identity::{ClaimValue, IamCaller, IamPrincipal, Identity, OidcIdentity, Subject},
    issuer::{AcceptedTokens, Issuer, TrustedUrl},
    issuer_keys::IssuerKeys,
    jwt::JwtRefusal,
    policy_source::{POLICY_KEY, PolicySource},
    rule::{Denial, HeaderText, Method, Overwrite, Prefix, Rule},
    session::Session,
    token::{PublisherToken, StoredToken, TokenHash},
};
