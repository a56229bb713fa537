//! A session: the folders that a viewer may read, each granted and signed.

use std::time::SystemTime;

use futures::future::try_join_all;
use keyfront_origin_core::{
    sharing::ViewersParameter,
    viewing::{GrantedFolder, RememberedSession, chosen},
};
use keyfront_viewers::{Cookie, EpochSeconds, Grant, Resource};

use super::{Logins, signatures::end_of, unix_seconds};
use crate::{error::Error, oidc::Issuer};

/// What a viewer may read.
#[derive(Debug)]
pub(crate) struct ViewerSession {
    /// The id of the issuer that knows the viewer.
    pub(crate) issuer: String,
    /// What it may read.
    pub(crate) folders: Vec<SignedFolder>,
}

impl ViewerSession {
    /// That of a viewer who may read nothing.
    pub(super) fn of_nothing(issuer: &Issuer) -> Self {
        Self {
            issuer: issuer.id.clone(),
            folders: Vec::new(),
        }
    }
}

/// A folder that a viewer may read until some time.
#[derive(Debug)]
pub(crate) struct SignedFolder {
    /// The folder, without a slash before it.
    pub(crate) folder: String,
    /// The rule that grants it.
    pub(crate) rule: String,
    /// Seconds that it lasts.
    pub(crate) seconds: u64,
    /// When it ends.
    pub(crate) until: EpochSeconds,
    /// From where it can be read, if not from everywhere.
    pub(crate) network: Option<String>,
    /// Its cookies.
    pub(crate) cookies: Vec<Cookie>,
    /// The same for URLs.
    pub(crate) query: String,
}

/// A token that is not accepted, as one of a viewer.
pub(super) fn as_viewers(error: Error) -> Error {
    match error {
        Error::JwtRefused(refusal) => Error::ViewerTokenRefused(refusal),
        other => other,
    }
}

impl Logins<'_> {
    /// The session of a token that an application has of its user, with the folder of `path` among the first.
    ///
    /// # Errors
    /// [`Error::ViewerTokenRefused`], [`Error::ViewerDenied`]; the policy or the issuer's keys cannot be read; cookies
    /// cannot be signed.
    pub(crate) async fn session(&self, token: &str, path: &str) -> Result<ViewerSession, Error> {
        let policy = self.policy().await?;
        let now = SystemTime::now();
        let verified = self.kept.keys.verified(policy.issuers(), token, now).await;
        let (issuer, claims) = verified.map_err(as_viewers)?;
        let granted = chosen(policy.grants(issuer, &claims)?, path);
        let parameter = self.signer.parameter().await?;
        self.signed(&parameter, issuer, granted, now).await
    }

    /// Where browsers log out at the issuer of their session as well, or, if they remember none, at the policy's first.
    ///
    /// # Errors
    /// The policy or the parameter cannot be read.
    pub(crate) async fn logout_url(
        &self,
        remembered: &RememberedSession<'_>,
    ) -> Result<Option<String>, Error> {
        let policy = self.policy().await?;
        let parameter = self.signer.parameter().await?;
        let login = policy.login(remembered.issuer());
        Ok(login.and_then(|(login, issuer)| login.logout_url(issuer, parameter.host())))
    }

    pub(super) async fn signed(
        &self,
        parameter: &ViewersParameter,
        issuer: &Issuer,
        granted: Vec<GrantedFolder>,
        now: SystemTime,
    ) -> Result<ViewerSession, Error> {
        let now = unix_seconds(now);
        let folders = granted
            .into_iter()
            .map(|granted| self.signed_folder(parameter, granted, now));
        Ok(ViewerSession {
            issuer: issuer.id.clone(),
            folders: try_join_all(folders).await?,
        })
    }

    async fn signed_folder(
        &self,
        parameter: &ViewersParameter,
        granted: GrantedFolder,
        now: EpochSeconds,
    ) -> Result<SignedFolder, Error> {
        let GrantedFolder {
            folder,
            rule,
            seconds,
            network,
        } = granted;
        let until = end_of(seconds, now);
        // Folders of a policy have only what a resource may have, and 2038 is the one year that grants know.
        let resource = Resource::folder(parameter.host(), &format!("/{folder}"));
        let resource = resource.map_err(|_| Error::Internal)?;
        let grant = Grant::within(resource, None, until, network).map_err(|_| Error::Internal)?;
        let signatures = &self.kept.signatures;
        let signature = signatures.of(&grant, until, (self.signer, parameter), now);
        let signature = signature.await?;
        Ok(SignedFolder {
            cookies: grant.cookies(parameter.key_id(), &signature),
            query: grant.query(parameter.key_id(), &signature),
            network: network.map(|network| network.to_string()),
            folder,
            rule,
            seconds: until.saturating_sub(now),
            until,
        })
    }
}
