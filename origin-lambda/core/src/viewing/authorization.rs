//! The request that sends a browser to an issuer (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{
    addresses::redirect_uri,
    endpoint::with_query,
    pending_login::{LIFETIME, PendingLogin},
    return_path::ReturnPath,
};
use crate::oidc::Login;

/// What is random in a login.
#[derive(Clone, Copy)]
pub struct Secrets(pub [u8; 96]);

/// Whether the issuer may show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// It answers at once: by a code where it knows the viewer, otherwise by an error.
    None,
    /// It shows its login where it does not know the viewer.
    AsNeeded,
}

/// A login that begins.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Where the browser goes.
    pub url: String,
    /// What its cookie holds meanwhile.
    pub pending: PendingLogin,
}

impl AuthorizationRequest {
    /// The request for a viewer of `host` who was going to `to`, at `now` in Unix seconds.
    #[must_use]
    pub fn new(
        login: &Login,
        host: &str,
        to: ReturnPath,
        prompt: Prompt,
        secrets: &Secrets,
        now: u64,
    ) -> Self {
        let secret = |at: usize| URL_SAFE_NO_PAD.encode(&secrets.0[at * 32..][..32]);
        let pending = PendingLogin {
            issuer: login.issuer.clone(),
            state: secret(0),
            nonce: secret(1),
            verifier: secret(2),
            to,
            silent: prompt == Prompt::None,
            until: now.saturating_add(LIFETIME),
        };
        Self {
            url: url(login, host, &pending),
            pending,
        }
    }
}

fn url(login: &Login, host: &str, pending: &PendingLogin) -> String {
    let endpoint = login.authorization_endpoint.as_str();
    let mut scope = String::from("openid");
    for further in login.scopes.iter().filter(|scope| *scope != "openid") {
        scope.push(' ');
        scope.push_str(further);
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &login.client_id)
        .append_pair("redirect_uri", &redirect_uri(host))
        .append_pair("scope", &scope)
        .append_pair("state", &pending.state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &challenge(&pending.verifier))
        .append_pair("code_challenge_method", "S256");
    if pending.silent {
        query.append_pair("prompt", "none");
    }
    with_query(endpoint, &query.finish())
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
