//! Where a viewer logs out at the issuer of a login as well.

use super::{addresses::logged_out_uri, endpoint::with_query};
use crate::oidc::{AcceptedTokens, Issuer, Login};

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
}
