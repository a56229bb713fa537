//! How people log in at an issuer: as a public client, by the authorization code flow with PKCE.

use serde::{Deserialize, Serialize};

use super::{addresses::logged_out_uri, endpoint::with_query};
use crate::oidc::{AcceptedTokens, Issuer, TrustedUrl};

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

impl Login {
    /// Where a viewer of `host` logs out at the issuer of this login as well (OpenID Connect RP-Initiated Logout 1.0).
    #[must_use]
    pub fn logout_url(&self, issuer: &Issuer, host: &str) -> Option<String> {
        let parameter = match issuer.tokens {
            AcceptedTokens::Oidc => "post_logout_redirect_uri",
            // Cognito takes no other name (Amazon Cognito Developer Guide, "Logout endpoint").
            AcceptedTokens::CognitoId | AcceptedTokens::CognitoAccess => "logout_uri",
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client_id)
            .append_pair(parameter, &logged_out_uri(host))
            .finish();
        let endpoint = self.logout_endpoint.as_ref()?;
        Some(with_query(endpoint.as_str(), &query))
    }

    /// Why people cannot log in so at this issuer.
    pub(super) fn fault(&self, issuer: &Issuer) -> Option<&'static str> {
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
