//! What an issuer sends a browser back with (OpenID Connect Core 1.0, 3.1.2.5 and 3.1.2.6; RFC 9207).

use std::borrow::Cow;

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::{addresses::redirect_uri, pending_login::PendingLogin};
use crate::oidc::{Issuer, Login};

/// The parameters of the answer that count; what else there is, is the issuer's own.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Callback<'q> {
    state: Option<Cow<'q, str>>,
    code: Option<Cow<'q, str>>,
    issuer: Option<Cow<'q, str>>,
    error: Option<Cow<'q, str>>,
}

/// Why a login did not succeed. Nothing of what the request says is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackRefusal {
    /// A parameter stands twice, or what is needed is missing.
    #[error("the issuer's answer is malformed")]
    Malformed,
    /// There is no login of this browser under way, or another one.
    #[error("this browser began no such login, or another one since")]
    State,
    /// It took too long.
    #[error("the login took longer than 10 minutes")]
    Over,
    /// Another issuer answers.
    #[error("another issuer answers than was asked")]
    Issuer,
    /// The issuer would have had to show its login.
    #[error("the issuer asks for a login")]
    InteractionRequired,
    /// The issuer, or the viewer there, refused.
    #[error("the issuer refused the login")]
    Refused,
    /// The ID token is of another login.
    #[error("the ID token is of another login")]
    Nonce,
    /// The ID token is for another client.
    #[error("the ID token is for another client")]
    Client,
}

impl<'q> Callback<'q> {
    /// Takes the query of a callback apart.
    ///
    /// # Errors
    /// [`CallbackRefusal::Malformed`].
    pub fn read(query: &'q str) -> Result<Self, CallbackRefusal> {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "state" => &mut callback.state,
                "code" => &mut callback.code,
                "iss" => &mut callback.issuer,
                "error" => &mut callback.error,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(CallbackRefusal::Malformed);
            }
        }
        Ok(callback)
    }

    /// The code, if this answers the login that the browser began. `issuer` is the login's.
    ///
    /// # Errors
    /// [`CallbackRefusal`].
    pub fn code(
        &self,
        pending: &PendingLogin,
        issuer: &Issuer,
        now: u64,
    ) -> Result<&str, CallbackRefusal> {
        use CallbackRefusal as Refusal;
        let state = self.state.as_deref().ok_or(Refusal::Malformed)?;
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return Err(Refusal::State);
        }
        if now >= pending.until {
            return Err(Refusal::Over);
        }
        let answers = self.issuer.as_deref();
        if answers.is_some_and(|name| name != issuer.issuer.as_str()) {
            return Err(Refusal::Issuer);
        }
        match (self.error.as_deref(), self.code.as_deref()) {
            (Some(error), _) if pending.silent && asks_for_interaction(error) => {
                Err(Refusal::InteractionRequired)
            }
            (Some(_), _) => Err(Refusal::Refused),
            (None, Some(code)) if !code.is_empty() => Ok(code),
            (None, _) => Err(Refusal::Malformed),
        }
    }
}

/// OpenID Connect Core 1.0, 3.1.2.6.
fn asks_for_interaction(error: &str) -> bool {
    matches!(
        error,
        "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required"
    )
}

impl PendingLogin {
    /// The body that exchanges a code for tokens, form-encoded (RFC 6749, 4.1.3; RFC 7636, 4.5).
    #[must_use]
    pub fn token_request(&self, login: &Login, host: &str, code: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &redirect_uri(host))
            .append_pair("client_id", &login.client_id)
            .append_pair("code_verifier", &self.verifier)
            .finish()
    }

    /// Whether the claims of an ID token, which are verified, are of this login and for its client
    /// (OpenID Connect Core 1.0, 3.1.3.7).
    ///
    /// # Errors
    /// [`CallbackRefusal::Nonce`], [`CallbackRefusal::Client`].
    pub fn admit(&self, login: &Login, claims: &Map<String, Value>) -> Result<(), CallbackRefusal> {
        let claim = |name: &str| claims.get(name);
        let nonce = claim("nonce").and_then(Value::as_str).unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(self.nonce.as_bytes())) {
            return Err(CallbackRefusal::Nonce);
        }
        let client = Some(login.client_id.as_str());
        let is_for_client = match claim("aud") {
            Some(Value::Array(names)) => names.iter().any(|name| name.as_str() == client),
            Some(name) => name.as_str() == client,
            None => false,
        };
        let party = claim("azp");
        if !is_for_client || party.is_some_and(|party| party.as_str() != client) {
            return Err(CallbackRefusal::Client);
        }
        Ok(())
    }
}
