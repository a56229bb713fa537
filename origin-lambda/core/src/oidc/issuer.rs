//! OIDC issuers as the policy names them, and what their tokens must claim.
//!
//! Pure: signatures are verified before ([`super::jws`]). There is no discovery: which keys verify
//! whose tokens is written in the policy and follows from nothing off the network.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::jwt_refusal::JwtRefusal;

/// Seconds by which the clocks of issuer and origin may differ.
const GRACE: f64 = 60.0;

/// An issuer whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Name by which identities refer to it, also in logs.
    pub id: String,
    /// The `iss` of its tokens, to the letter;
    /// `https://cognito-idp.REGION.amazonaws.com/POOL` for a Cognito user pool.
    pub issuer: TrustedUrl,
    /// Where its keys are; `ISSUER/.well-known/jwks.json` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<TrustedUrl>,
    /// Which of its tokens are accepted.
    #[serde(default)]
    pub tokens: AcceptedTokens,
    /// Accepted audiences; the app clients' ids for Cognito. At least one.
    pub audiences: Vec<String>,
}

/// Which tokens of an issuer are accepted: exactly one kind, so that none passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptedTokens {
    /// Any with the right `aud`.
    #[default]
    Oidc,
    /// Cognito's ID tokens: `token_use` is `id`, the client is in `aud`.
    CognitoId,
    /// Cognito's access tokens: `token_use` is `access`, the client is in `client_id`.
    CognitoAccess,
}

/// An `https://` URL, or `http://` of this machine's own loopback: keys that came over a wire
/// anyone can write to would verify anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedUrl(String);

impl TrustedUrl {
    /// The URL's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TrustedUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let uri = http::Uri::try_from(&text).map_err(|_| "an issuer's URL is invalid")?;
        let loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let named_user = uri
            .authority()
            .is_none_or(|authority| authority.as_str().contains('@'));
        match uri.scheme_str() {
            _ if named_user || text.contains('#') => {
                Err("an issuer's URL must have a host, no user and no fragment")
            }
            Some("https") => Ok(Self(text)),
            Some("http") if loopback => Ok(Self(text)),
            _ => Err("an issuer's URL must begin with https://"),
        }
    }
}

impl From<TrustedUrl> for String {
    fn from(url: TrustedUrl) -> Self {
        url.0
    }
}

impl Issuer {
    /// Where the keys are.
    pub fn keys_url(&self) -> String {
        match &self.jwks_uri {
            Some(url) => url.as_str().to_owned(),
            None => {
                let base = self.issuer.as_str().trim_end_matches('/');
                format!("{base}/.well-known/jwks.json")
            }
        }
    }

    /// Validates verified claims at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// The first claim that does not hold.
    pub fn admit(&self, claims: &Map<String, Value>, now: f64) -> Result<(), JwtRefusal> {
        if text(claims, "iss") != Some(self.issuer.as_str()) {
            return Err(JwtRefusal::Issuer);
        }
        let expires = moment(claims, "exp")?.ok_or(JwtRefusal::Claim("exp"))?;
        if expires + GRACE <= now {
            return Err(JwtRefusal::Expired);
        }
        if moment(claims, "nbf")?.is_some_and(|start| start - GRACE > now) {
            return Err(JwtRefusal::NotYet);
        }
        let (expected_use, audience) = match self.tokens {
            AcceptedTokens::Oidc => (None, "aud"),
            AcceptedTokens::CognitoId => (Some("id"), "aud"),
            AcceptedTokens::CognitoAccess => (Some("access"), "client_id"),
        };
        if expected_use.is_some() && text(claims, "token_use") != expected_use {
            return Err(JwtRefusal::Use);
        }
        if !self.is_audience(claims.get(audience)) {
            return Err(JwtRefusal::Audience);
        }
        match text(claims, "sub") {
            Some(subject) if !subject.is_empty() => Ok(()),
            _ => Err(JwtRefusal::Claim("sub")),
        }
    }

    /// RFC 7519 section 4.1.3: one text, or several of which one must fit.
    fn is_audience(&self, claim: Option<&Value>) -> bool {
        let accepted = |value: &Value| {
            value
                .as_str()
                .is_some_and(|name| self.audiences.iter().any(|own| own == name))
        };
        match claim {
            Some(Value::Array(names)) => names.iter().any(accepted),
            Some(name) => accepted(name),
            None => false,
        }
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A NumericDate (RFC 7519 section 2), which may have a fraction.
fn moment(claims: &Map<String, Value>, name: &'static str) -> Result<Option<f64>, JwtRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| seconds.is_finite()) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(JwtRefusal::Claim(name)),
        },
    }
}

#[cfg(test)]
mod tests;
