//! Keeps at hand what identifies publishers: their policy from the bucket, and the keys of the issuers it names.
//!
//! What a policy means is decided in [`keyfront_origin_core::publisher`].

use std::{sync::Arc, time::SystemTime};

use time::OffsetDateTime;

use crate::{
    config::{CredentialKind, PublisherAuth},
    error::Error,
    issuer_keys::IssuerKeys,
    policy_source::PolicySource,
    publisher::{Denial, IamCaller, Publishers, Session},
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

impl Credential<'_> {
    const fn kind(&self) -> CredentialKind {
        match self {
            Self::Token(_) => CredentialKind::Token,
            Self::Jwt(_) => CredentialKind::Oidc,
            Self::Iam(_) => CredentialKind::Iam,
        }
    }
}

/// Everyone who may publish into a bucket.
#[derive(Debug)]
pub struct Directory {
    accepted: PublisherAuth,
    policy: PolicySource<Publishers>,
    issuer_keys: IssuerKeys,
}

impl Directory {
    /// A directory that has read nothing yet. Credentials that are not `accepted` identify nobody.
    pub fn new(accepted: PublisherAuth) -> Self {
        Self {
            accepted,
            policy: PolicySource::default(),
            issuer_keys: IssuerKeys::default(),
        }
    }

    /// The policy in the bucket.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn policy(&self, store: &Store) -> Result<Arc<Publishers>, Error> {
        self.policy.current(store, SystemTime::now()).await
    }

    /// Whether tokens of issuers identify anybody.
    pub fn accepts_jwts(&self) -> bool {
        self.accepted.accepts(CredentialKind::Oidc)
    }

    /// Identifies the publisher behind a credential, by the policy in the bucket.
    ///
    /// # Errors
    /// Nobody is identified, or not by this kind of credential; the policy or an issuer's keys cannot be read.
    pub async fn identify(
        &self,
        store: &Store,
        credential: Credential<'_>,
    ) -> Result<Session, Error> {
        if !self.accepted.accepts(credential.kind()) {
            return Err(Error::Unauthenticated(
                "this system does not accept credentials of this kind (PublisherAuth)",
            ));
        }
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
            Credential::Jwt(token) => identify(&self.issuer_keys, &policy, token, now).await,
            Credential::Iam(caller) => {
                policy
                    .identify_caller(&caller)
                    .ok_or(Error::Unauthenticated(
                        "no publisher has this IAM principal as an identity",
                    ))
            }
        }
    }
}

/// The publisher whose JWT this is.
///
/// # Errors
/// The token is not accepted, no publisher is for this user, or the issuer's keys are not to be had.
pub async fn identify(
    keys: &IssuerKeys,
    policy: &Arc<Publishers>,
    token: &str,
    now: SystemTime,
) -> Result<Session, Error> {
    let (issuer, claims) = keys.verified(policy.issuers(), token, now).await?;
    policy
        .identify_claims(issuer, &claims)
        .ok_or(Error::Denied(Denial::NoPublisher))
}
