//! JSON Web Tokens (RFC 7519): who issued one, and whether its claims count.
//!
//! It fetches no keys. What a signature is, is decided in [`super::jws`]; what claims must say, in [`super::issuer`].

use serde_json::{Map, Value};

use super::{
    issuer::Issuer, jwks::VerifyingKey, jws::UnverifiedJws, jwt_refusal::JwtRefusal, strict_json,
};

/// Bytes of a token at most; the CDN's limit for one header is not far above.
pub const MAX_JWT: usize = 8192;
/// Types of tokens that say who someone is (RFC 7519 section 5.1, RFC 9068 section 2.1). Logout
/// tokens and the like have types of their own and must not pass for them.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// A token whose signature nobody has verified yet. Only [`UnverifiedJwt::admitted`] returns claims.
pub struct UnverifiedJwt<'a> {
    message: UnverifiedJws<'a>,
    alleged_claims: Map<String, Value>,
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a compact serialisation apart.
    ///
    /// # Errors
    /// It is no token of a kind that identifies anybody.
    pub fn parse(text: &'a str) -> Result<Self, JwtRefusal> {
        if text.len() > MAX_JWT {
            return Err(JwtRefusal::Malformed);
        }
        let message = UnverifiedJws::parse(text)?;
        let known = |typ: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
        if message.media_type.as_deref().is_some_and(|typ| !known(typ)) {
            return Err(JwtRefusal::Type);
        }
        let alleged_claims =
            strict_json::read(&message.alleged_payload).map_err(|_| JwtRefusal::Malformed)?;
        Ok(Self {
            message,
            alleged_claims,
        })
    }

    /// `kid`
    pub fn key_id(&self) -> &str {
        &self.message.key_id
    }

    /// Who of these issuers the token says has issued it: good for choosing the keys to verify it with, no more.
    ///
    /// # Errors
    /// None of them.
    pub fn alleged_issuer<'p>(&self, issuers: &'p [Issuer]) -> Result<&'p Issuer, JwtRefusal> {
        let name = self.alleged_claims.get("iss").and_then(Value::as_str);
        let mut issuers = issuers.iter();
        issuers
            .find(|issuer| name == Some(issuer.issuer.as_str()))
            .ok_or(JwtRefusal::Issuer)
    }

    /// The claims, if `key`, which is of `issuer`, made the signature, and they hold at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn admitted(
        self,
        issuer: &Issuer,
        key: &VerifyingKey,
        now: f64,
    ) -> Result<Map<String, Value>, JwtRefusal> {
        self.message.verified(key)?;
        issuer.admit(&self.alleged_claims, now)?;
        Ok(self.alleged_claims)
    }
}
