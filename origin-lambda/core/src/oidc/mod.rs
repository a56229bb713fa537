//! People of OIDC issuers: which issuers are trusted, whether a token is theirs, and who it speaks of.
//!
//! It reads no HTTP headers, fetches no keys, and has no clock. Publishers and viewers are both known by it.

mod algorithm;
mod identity;
mod issuer;
mod issuers;
mod jwks;
mod jws;
mod jwt;
mod jwt_refusal;
mod login;
pub(crate) mod strict_json;
mod user_folder;

pub use self::{
    algorithm::Algorithm,
    identity::{ClaimValue, OidcIdentity},
    issuer::{AcceptedTokens, Issuer, TrustedUrl},
    issuers::{InvalidIssuer, MAX_ISSUERS, check},
    jwks::{Jwks, JwksError, MAX_SET, VerifyingKey},
    jws::UnverifiedJws,
    jwt::{MAX_JWT, UnverifiedJwt},
    jwt_refusal::JwtRefusal,
    login::{InvalidLogin, Login, check_logins},
    user_folder::UserFolder,
};
