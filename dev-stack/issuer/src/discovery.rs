//! What clients configure themselves by: OpenID Connect Discovery 1.0, 3, and the key set of RFC 7517, 5.

use serde_json::{Value, json};

use super::issuer::Issuer;
use super::route::Route;

impl Issuer {
    /// `/.well-known/openid-configuration`
    pub(super) fn metadata(&self) -> Value {
        let at = |route: Route| format!("{}{}", self.url(), route.path());
        json!({
            "issuer": self.url(),
            "authorization_endpoint": at(Route::Authorize),
            "token_endpoint": at(Route::Token),
            "jwks_uri": at(Route::Keys),
            "end_session_endpoint": at(Route::Logout),
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "groups"],
            "prompt_values_supported": ["none", "login"],
            "authorization_response_iss_parameter_supported": true,
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        })
    }

    /// `/.well-known/jwks.json`
    pub(super) fn key_set(&self) -> Value {
        json!({"keys": [self.signing_key.jwk()]})
    }
}
