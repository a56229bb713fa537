//! A login begins: the browser goes to the issuer, and takes along what it will be known by.

use std::time::SystemTime;

use keyfront_origin_core::{
    oidc::Login,
    viewing::{
        AuthorizationRequest, PendingLogin, Prompt, RememberedSession, ReturnPath, Secrets,
        login_cookie,
    },
};

use super::{Logins, unix_seconds};
use crate::{
    error::Error,
    sealed_text::{Purpose, Recipient},
};

/// Where the browser goes, and the cookie it gets.
#[derive(Debug)]
pub(crate) struct Begun {
    /// The issuer's URL.
    pub(crate) location: String,
    /// `Set-Cookie` of the login.
    pub(crate) cookie: String,
}

impl Logins<'_> {
    /// Begins a login: at the issuer of this id, or else at the one that the browser remembers, or else at the policy's first.
    /// The one that it remembers asks the viewer for nothing, if it knows it still.
    ///
    /// # Errors
    /// [`Error::NotFound`]: there is no such login. What S3, SSM and KMS returned.
    pub(crate) async fn begin(
        &self,
        issuer: Option<&str>,
        remembered: &RememberedSession<'_>,
        to: ReturnPath,
    ) -> Result<Begun, Error> {
        let policy = self.policy().await?;
        let remembered = remembered.issuer();
        let again = remembered.and_then(|id| policy.login(Some(id)));
        let login = match issuer {
            Some(id) => policy.login(Some(id)),
            None => again.or_else(|| policy.login(None)),
        };
        let (login, _) = login.ok_or(Error::NotFound)?;
        let prompt = match remembered == Some(login.issuer.as_str()) {
            true => Prompt::None,
            false => Prompt::AsNeeded,
        };
        self.begin_at(login, to, prompt).await
    }

    /// # Errors
    /// What SSM and KMS returned.
    pub(super) async fn begin_at(
        &self,
        login: &Login,
        to: ReturnPath,
        prompt: Prompt,
    ) -> Result<Begun, Error> {
        let parameter = self.signer.parameter().await?;
        let mut secrets = Secrets([0; 96]);
        getrandom::fill(&mut secrets.0).map_err(|error| Error::Randomness(error.into()))?;
        let now = unix_seconds(SystemTime::now());
        let request = AuthorizationRequest::new(login, parameter.host(), to, prompt, &secrets, now);
        Ok(Begun {
            location: request.url,
            cookie: login_cookie(&self.sealed(&request.pending).await?),
        })
    }

    async fn sealed(&self, pending: &PendingLogin) -> Result<String, Error> {
        let plain = serde_json::to_vec(pending).map_err(|_| Error::Internal)?;
        self.kept
            .texts
            .seal(Purpose::Login, Recipient::VIEWER, &plain)
            .await
    }

    /// The login of a cookie, if it is one.
    ///
    /// # Errors
    /// [`Error::LoginsBusy`]; KMS's outages.
    pub(super) async fn opened(&self, cookie: &str) -> Result<Option<PendingLogin>, Error> {
        let kept = self.kept;
        if !kept.texts.opens_without_kms(Recipient::VIEWER, cookie)
            && !kept.unknown_keys.admit(unix_seconds(SystemTime::now()))
        {
            return Err(Error::LoginsBusy);
        }
        let plain = kept
            .texts
            .open(Purpose::Login, Recipient::VIEWER, cookie)
            .await?;
        Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }
}
