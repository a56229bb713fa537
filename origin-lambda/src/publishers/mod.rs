//! Keeps at hand what identifies publishers: their policy from the bucket, and the keys of the issuers it names.
//!
//! What a policy means is decided in [`keyfront_origin_core::publisher`].

mod issuer_keys;
mod jwks_fetch;
mod policy_source;

use std::time::SystemTime;

use time::OffsetDateTime;

pub use self::{issuer_keys::IssuerKeys, policy_source::PolicySource};
use crate::{
    error::Error,
    publisher::{IamCaller, Session},
    store::Store,
};

/// What a request shows to be let in.
#[derive(Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// A publisher's token.
    Token(&'a str),
    /// A JSON Web Token.
    Jwt(&'a str),
    /// An IAM principal that AWS verified.
    Iam(IamCaller),
}

/// Everyone who may publish into a bucket.
#[derive(Debug, Default)]
pub struct Directory {
    policy: PolicySource,
    issuer_keys: IssuerKeys,
}

impl Directory {
    /// Identifies the publisher behind a credential, by the policy in the bucket.
    ///
    /// # Errors
    /// Nobody is identified; the policy or an issuer's keys cannot be read.
    pub async fn identify(
        &self,
        store: &Store,
        credential: Credential<'_>,
    ) -> Result<Session, Error> {
        let now = SystemTime::now();
        let policy = self.policy.current(store, now).await?;
        match credential {
            Credential::Token(token) => {
                policy
                    .identify(token, OffsetDateTime::from(now))
                    .ok_or(Error::Unauthenticated(
                        "the token is unknown, expired or revoked",
                    ))
            }
            Credential::Jwt(token) => self.issuer_keys.identify(&policy, token, now).await,
            Credential::Iam(caller) => {
                policy
                    .identify_caller(&caller)
                    .ok_or(Error::Unauthenticated(
                        "no publisher is for this IAM principal",
                    ))
            }
        }
    }
}
