//! A login ends: the issuer has sent the browser back.

use std::time::SystemTime;

use keyfront_origin_core::viewing::{
    Callback, CallbackRefusal, NothingGranted, Prompt, ReturnPath, chosen,
};

use super::{Begun, Logins, ViewerSession, session::as_viewers, unix_seconds};
use crate::error::Error;

/// How a login ended.
#[derive(Debug)]
pub(crate) enum Finished {
    /// The viewer may read what the session grants, and goes to where it was going.
    LoggedIn {
        /// Its session.
        session: ViewerSession,
        /// Where it was going.
        to: ReturnPath,
    },
    /// The issuer has to show its login: the browser goes there once more.
    Again(Begun),
    /// The viewer is known, and nothing is granted.
    Denied {
        /// Why.
        nothing: NothingGranted,
        /// What takes the place of an earlier session.
        session: ViewerSession,
    },
    /// The issuer's answer does not end a login of this browser.
    Refused(CallbackRefusal, ReturnPath),
}

impl Logins<'_> {
    /// Ends the login of a cookie by the query that the issuer sent the browser back with.
    ///
    /// # Errors
    /// The policy, the issuer or its keys cannot be read, its token is not accepted, or cookies cannot be signed.
    pub(crate) async fn finish(
        &self,
        query: &str,
        cookie: Option<&str>,
    ) -> Result<Finished, Error> {
        let nowhere = || ReturnPath::from(String::new());
        let callback = match Callback::read(query) {
            Ok(callback) => callback,
            Err(refusal) => return Ok(Finished::Refused(refusal, nowhere())),
        };
        let pending = match cookie {
            Some(cookie) => self.opened(cookie).await?,
            None => None,
        };
        let Some(pending) = pending else {
            return Ok(Finished::Refused(CallbackRefusal::State, nowhere()));
        };
        let policy = self.policy().await?;
        // A login that was taken out of the policy ends nowhere.
        let (login, issuer) = policy.login(Some(&pending.issuer)).ok_or(Error::NotFound)?;
        let now = SystemTime::now();
        let code = match callback.code(&pending, issuer, unix_seconds(now)) {
            Ok(code) => code,
            Err(CallbackRefusal::InteractionRequired) => {
                let begun = self.begin_at(login, pending.to, Prompt::AsNeeded);
                return begun.await.map(Finished::Again);
            }
            Err(refusal) => return Ok(Finished::Refused(refusal, pending.to)),
        };
        let parameter = self.signer.parameter().await?;
        let request = pending.token_request(login, parameter.host(), code);
        let tokens = &self.kept.tokens;
        let Some(id_token) = tokens.exchange(login, request).await? else {
            return Ok(Finished::Refused(CallbackRefusal::Refused, pending.to));
        };
        // All issuers: what is kept for one that is not among these goes.
        let verified = self.kept.keys.verified(policy.issuers(), &id_token, now);
        let (speaker, claims) = verified.await.map_err(as_viewers)?;
        if speaker.id != issuer.id {
            return Ok(Finished::Refused(CallbackRefusal::Issuer, pending.to));
        }
        if let Err(refusal) = pending.admit(login, &claims) {
            return Ok(Finished::Refused(refusal, pending.to));
        }
        let granted = match policy.grants(issuer, &claims) {
            Ok(granted) => chosen(granted, pending.to.path()),
            Err(nothing) => {
                return Ok(Finished::Denied {
                    nothing,
                    session: ViewerSession::of_nothing(issuer),
                });
            }
        };
        let session = self.signed(&parameter, issuer, granted, now).await?;
        Ok(Finished::LoggedIn {
            session,
            to: pending.to,
        })
    }
}
