//! JSON Web Signatures (RFC 7515): a compact serialisation taken apart, and its signature verified.
//!
//! It fetches no keys and knows nothing of claims. Headers that bring a key along (`jwk`, `jku`, `x5c`, `x5u`) are never
//! looked at: the key comes from the issuer named in the policy, or not at all.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{algorithm::Algorithm, jwks::VerifyingKey, jwt_refusal::JwtRefusal, strict_json};

const MAX_KEY_ID: usize = 256;

/// A message whose signature nobody has verified yet.
pub struct UnverifiedJws<'a> {
    /// `alg`
    pub algorithm: Algorithm,
    /// `kid`
    pub key_id: String,
    /// `typ`
    pub(super) media_type: Option<String>,
    /// The payload, as whoever made the message says.
    pub(super) alleged_payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

impl<'a> UnverifiedJws<'a> {
    /// Takes a compact serialisation apart.
    ///
    /// # Errors
    /// It has not three base64url parts and a JSON header, or its header asks for what is not supported.
    pub fn parse(text: &'a str) -> Result<Self, JwtRefusal> {
        let (signed, signature) = text.rsplit_once('.').ok_or(JwtRefusal::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtRefusal::Malformed)?;
        if payload.contains('.') {
            return Err(JwtRefusal::Malformed);
        }
        let header: Header =
            strict_json::read(&decode(header)?).map_err(|_| JwtRefusal::Malformed)?;
        if header.crit.is_some() {
            return Err(JwtRefusal::Critical);
        }
        Ok(Self {
            algorithm: Algorithm::named(&header.alg).ok_or(JwtRefusal::Algorithm)?,
            key_id: header
                .kid
                .filter(|id| (1..=MAX_KEY_ID).contains(&id.len()))
                .ok_or(JwtRefusal::KeyId)?,
            media_type: header.typ,
            alleged_payload: decode(payload)?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// The payload, if `key` made the signature.
    ///
    /// # Errors
    /// The key is for another algorithm, or made another signature.
    pub fn verified(self, key: &VerifyingKey) -> Result<Vec<u8>, JwtRefusal> {
        if key.algorithm() != self.algorithm {
            return Err(JwtRefusal::KeyMismatch);
        }
        if key.has_signed(self.signed.as_bytes(), &self.signature) {
            Ok(self.alleged_payload)
        } else {
            Err(JwtRefusal::Signature)
        }
    }
}

/// A member of any value, `null` among them: what is critical is so whatever it says.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn decode(part: &str) -> Result<Vec<u8>, JwtRefusal> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtRefusal::Malformed)
}
