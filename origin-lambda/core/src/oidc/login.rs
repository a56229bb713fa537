//! How people log in at an issuer: as a public client, by the authorization code flow with PKCE.

use serde::{Deserialize, Serialize};

use super::{AcceptedTokens, Issuer, TrustedUrl};

/// An issuer's login, as its discovery document and its registration of the client say. Nothing of it is looked up at login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The id of an issuer of the document.
    pub issuer: String,
    /// The client that is registered there, one of the issuer's `audiences`. It has no secret.
    pub client_id: String,
    /// Where browsers are sent.
    pub authorization_endpoint: TrustedUrl,
    /// Where codes are exchanged.
    pub token_endpoint: TrustedUrl,
    /// Where browsers are sent to log out there as well (`end_session_endpoint`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout_endpoint: Option<TrustedUrl>,
    /// What is asked for besides `openid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// Why the logins of a document are not each one, and usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogin {
    /// It names an issuer that the document does not have.
    #[error("a login names the unknown issuer {0:?}")]
    UnknownIssuer(String),
    /// An issuer has two.
    #[error("issuer {0:?} has two logins")]
    Repeated(String),
    /// It would not work.
    #[error("the login of issuer {issuer:?} {fault}")]
    Unusable {
        /// The issuer's id.
        issuer: String,
        /// What is wrong.
        fault: &'static str,
    },
}

/// Checks the logins of a document with these issuers.
///
/// # Errors
/// The first login that would not work.
pub fn check_logins(logins: &[Login], issuers: &[Issuer]) -> Result<(), InvalidLogin> {
    for (place, login) in logins.iter().enumerate() {
        let mut known = issuers.iter();
        let issuer = known.find(|issuer| issuer.id == login.issuer);
        let name = || login.issuer.clone();
        let issuer = issuer.ok_or_else(|| InvalidLogin::UnknownIssuer(name()))?;
        let mut earlier = logins[..place].iter();
        if earlier.any(|other| other.issuer == login.issuer) {
            return Err(InvalidLogin::Repeated(name()));
        }
        if let Some(fault) = login.fault(issuer) {
            let issuer = name();
            return Err(InvalidLogin::Unusable { issuer, fault });
        }
    }
    Ok(())
}

impl Login {
    /// Why people cannot log in so at this issuer.
    fn fault(&self, issuer: &Issuer) -> Option<&'static str> {
        if !issuer.audiences.contains(&self.client_id) {
            return Some("has a client_id that is not one of the issuer's audiences");
        }
        if issuer.tokens == AcceptedTokens::CognitoAccess {
            return Some(
                "is of an issuer whose access tokens are accepted: a login brings an ID token, so write tokens cognito-id",
            );
        }
        // RFC 6749, 3.3.
        let legal = |scope: &String| {
            !scope.is_empty()
                && scope
                    .bytes()
                    .all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
        };
        if !self.scopes.iter().all(legal) {
            return Some("has a scope that is empty or holds spaces, quotes or backslashes");
        }
        None
    }
}
