//! `/token`: from a code to tokens (OpenID Connect Core 1.0, 3.1.3; RFC 7636, 4.5).

use serde_json::{Value, json};

use super::id_token::LIFETIME;
use super::issuer::Issuer;
use super::parameters::Parameters;
use super::pkce::is_code_verifier;
use super::random_id::random_id;
use super::token_error::TokenError;

impl Issuer {
    /// Exchanges a code for tokens. The access token opens nothing; it is there because clients expect one.
    ///
    /// # Errors
    /// [`TokenError`]; a code that was presented is spent whatever else is wrong.
    pub(super) fn exchange(&self, parameters: &Parameters) -> Result<Value, TokenError> {
        let required = |name| parameters.value(name)?.ok_or(TokenError::Missing(name));
        if required("grant_type")? != "authorization_code" {
            return Err(TokenError::GrantType);
        }
        if parameters.value("client_secret")?.is_some() {
            return Err(TokenError::Secret);
        }
        let client = required("client_id")?;
        if !self.clients.iter().any(|known| known.id == client) {
            return Err(TokenError::UnknownClient);
        }
        let (code, redirect_uri) = (required("code")?, required("redirect_uri")?);
        let verifier = required("code_verifier")?;
        let grant = self.codes.redeem(code, self.clock.now());
        let grant = grant.ok_or(TokenError::Code)?;
        if grant.client_id != client {
            return Err(TokenError::OtherClient);
        }
        if grant.redirect_uri != redirect_uri {
            return Err(TokenError::OtherRedirectUri);
        }
        if !is_code_verifier(verifier) {
            return Err(TokenError::VerifierSyntax);
        }
        if !grant.challenge.is_of(verifier) {
            return Err(TokenError::Verifier);
        }
        Ok(json!({
            "access_token": random_id()?,
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "scope": "openid",
            "id_token": self.token_of(&grant)?,
        }))
    }
}

#[cfg(test)]
mod tests;
