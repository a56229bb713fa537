//! JSON Web Tokens (RFC 7515, RFC 7519): taken apart, and their signature verified.
//!
//! It fetches no keys and validates no claims. Headers that bring a key along (`jwk`, `jku`, `x5c`,
//! `x5u`) are never looked at: the key comes from the issuer named in the policy, or not at all.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{algorithm::Algorithm, jwks::VerifyingKey};

/// Bytes of a token at most; the CDN's limit for one header is not far above.
pub const MAX_JWT: usize = 8192;
const MAX_KEY_ID: usize = 256;
/// Types of tokens that say who someone is (RFC 7519 section 5.1, RFC 9068 section 2.1). Logout
/// tokens and the like have types of their own and must not pass for them.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// Why a JWT identifies nobody. The caller may know it: it says nothing about anyone else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtRefusal {
    /// Not three base64url parts with a JSON header and JSON claims.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// The algorithm is none of the two supported ones.
    #[error("the token's algorithm is not RS256 or ES256")]
    Algorithm,
    /// The header names no key, or an absurdly long one.
    #[error("the token names no usable key id")]
    KeyId,
    /// `crit` demands extensions; none is supported.
    #[error("the token demands extensions")]
    Critical,
    /// `typ` is of a token that identifies nobody.
    #[error("the token's type identifies nobody")]
    Type,
    /// `iss` is not an issuer of the policy.
    #[error("the token's issuer is not in the policy")]
    Issuer,
    /// The issuer publishes no usable key of that id.
    #[error("the issuer has no key of the token's key id")]
    UnknownKey,
    /// The key is for another algorithm than the token's.
    #[error("the issuer's key is for another algorithm")]
    KeyMismatch,
    /// The signature does not verify.
    #[error("the token's signature is not valid")]
    Signature,
    /// `aud`, or `client_id`, is none of the policy's.
    #[error("the token is for another audience")]
    Audience,
    /// `token_use` is another than the policy's.
    #[error("the token is for another use")]
    Use,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// A required claim is absent or of a wrong type.
    #[error("the token has no usable claim {0}")]
    Claim(&'static str),
}

/// A token whose signature nobody has verified yet. Only [`UnverifiedJwt::verified`] returns claims.
pub struct UnverifiedJwt<'a> {
    /// `alg`
    pub algorithm: Algorithm,
    /// `kid`
    pub key_id: String,
    signed: &'a str,
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a compact serialisation apart.
    pub fn parse(text: &'a str) -> Result<Self, JwtRefusal> {
        let (signed, signature) = text.rsplit_once('.').ok_or(JwtRefusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtRefusal::Malformed)?;
        if text.len() > MAX_JWT || claims.contains('.') {
            return Err(JwtRefusal::Malformed);
        }
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| JwtRefusal::Malformed)?;
        if header.crit.is_some() {
            return Err(JwtRefusal::Critical);
        }
        let known = |typ: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
        if header.typ.is_some_and(|typ| !known(&typ)) {
            return Err(JwtRefusal::Type);
        }
        Ok(Self {
            algorithm: Algorithm::named(&header.alg).ok_or(JwtRefusal::Algorithm)?,
            key_id: header
                .kid
                .filter(|id| (1..=MAX_KEY_ID).contains(&id.len()))
                .ok_or(JwtRefusal::KeyId)?,
            signed,
            signature: decode(signature)?,
            claims: serde_json::from_slice(&decode(claims)?).map_err(|_| JwtRefusal::Malformed)?,
        })
    }

    /// Who the token says has issued it: good for choosing the keys to verify it with, no more.
    pub fn alleged_issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// The claims, if `key` made the signature.
    pub fn verified(self, key: &VerifyingKey) -> Result<Map<String, Value>, JwtRefusal> {
        if key.algorithm() != self.algorithm {
            return Err(JwtRefusal::KeyMismatch);
        }
        if key.has_signed(self.signed.as_bytes(), &self.signature) {
            Ok(self.claims)
        } else {
            Err(JwtRefusal::Signature)
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwtRefusal> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtRefusal::Malformed)
}
