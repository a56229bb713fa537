//! Viewers' logins: from an issuer's word about somebody to signed cookies of the CDN.
//!
//! Who may read what, and what a login has to prove, is decided in [`keyfront_origin_core::viewing`].

mod begin;
mod finish;
mod session;
mod signatures;
mod unknown_keys;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use self::{
    begin::Begun,
    finish::Finished,
    session::{SignedFolder, ViewerSession},
};
use self::{signatures::Signatures, unknown_keys::UnknownKeys};
use crate::{
    error::Error, issuer_keys::IssuerKeys, policy_source::PolicySource, sealed_text::SealedTexts,
    sharing::LinkSigner, store::Store, token_endpoint::TokenEndpoint, viewing::ViewersPolicy,
};

/// What is kept between logins.
#[derive(Debug)]
pub(crate) struct KeptForLogins {
    policy: PolicySource<ViewersPolicy>,
    keys: IssuerKeys,
    tokens: TokenEndpoint,
    /// Apart from publishers' texts: strangers' cookies must not push their keys out.
    texts: SealedTexts,
    unknown_keys: UnknownKeys,
    signatures: Signatures,
}

impl KeptForLogins {
    /// Nothing yet; logins under way are sealed by `texts`.
    pub(crate) fn new(texts: SealedTexts) -> Self {
        Self {
            policy: PolicySource::default(),
            keys: IssuerKeys::default(),
            tokens: TokenEndpoint::default(),
            texts,
            unknown_keys: UnknownKeys::default(),
            signatures: Signatures::default(),
        }
    }
}

/// What logins need of the system.
#[derive(Debug)]
pub(crate) struct Logins<'a> {
    /// Where the policy is.
    pub(crate) store: &'a Store,
    /// What signs cookies.
    pub(crate) signer: &'a LinkSigner,
    /// What is kept between logins.
    pub(crate) kept: &'a KeptForLogins,
}

impl Logins<'_> {
    async fn policy(&self) -> Result<Arc<ViewersPolicy>, Error> {
        self.kept
            .policy
            .current(self.store, SystemTime::now())
            .await
    }
}

/// Unix seconds; before 1970 every login is over.
fn unix_seconds(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH)
        .map_or(u64::MAX, |since| since.as_secs())
}
