//! JSON Web Key Sets (RFC 7517): the keys of an issuer that may verify a token.
//!
//! A set is read leniently where the specification says so - keys of other kinds are skipped - and
//! refused whole where it is ambiguous. Symmetric and encryption keys are never kept, so that no
//! public text can be taken for a secret.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use super::{algorithm::Algorithm, strict_json};

/// Bytes of a set at most: Cognito's has two keys in less than 1 KiB.
pub const MAX_SET: usize = 64 << 10;
const MAX_KEYS: usize = 64;

/// Why a set is not usable. It is the issuer's fault, and for the log.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// Not JSON, with a member twice, or of another form.
    #[error("the key set is not JSON of the expected form")]
    Schema(#[source] serde_json::Error),
    /// Too many keys.
    #[error("the key set has more than {MAX_KEYS} keys")]
    TooMany,
    /// Two keys of one id.
    #[error("the key set has two keys with the same id")]
    Ambiguous,
    /// No key that verifies.
    #[error("the key set has no key for RS256 or ES256")]
    Empty,
}

/// The usable keys of an issuer, by id. Never empty.
#[derive(Debug)]
pub struct Jwks(BTreeMap<String, VerifyingKey>);

impl Jwks {
    /// Reads a set.
    ///
    /// # Errors
    /// [`JwksError`].
    pub fn parse(document: &[u8]) -> Result<Self, JwksError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = strict_json::read(document).map_err(JwksError::Schema)?;
        if keys.len() > MAX_KEYS {
            return Err(JwksError::TooMany);
        }
        let mut usable = BTreeMap::new();
        for (id, key) in keys.into_iter().filter_map(usable_key) {
            if usable.insert(id, key).is_some() {
                return Err(JwksError::Ambiguous);
            }
        }
        if usable.is_empty() {
            return Err(JwksError::Empty);
        }
        Ok(Self(usable))
    }

    /// The key of an id.
    pub fn key(&self, id: &str) -> Option<&VerifyingKey> {
        self.0.get(id)
    }
}

/// A public key, fit for exactly one algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyingKey {
    /// Modulus and exponent, big-endian without leading zeroes.
    Rs256 {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// The uncompressed point.
    Es256(Vec<u8>),
}

impl VerifyingKey {
    /// The one algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256 { .. } => Algorithm::Rs256,
            Self::Es256(_) => Algorithm::Es256,
        }
    }

    /// Whether this key made the signature over the message. Moduli under 2048 bits, and points that
    /// are not on the curve, verify nothing.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok(),
        }
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
}

/// The key, if it is one that verifies signatures of a known algorithm.
fn usable_key(jwk: Value) -> Option<(String, VerifyingKey)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let signs = jwk.r#use.as_deref().is_none_or(|r#use| r#use == "sig");
    let verifies = |operations: &Vec<String>| operations.iter().any(|name| name == "verify");
    // With its private part published, a key would verify what anybody signed.
    let is_private = jwk.d.is_some();
    if !signs || is_private || !jwk.key_ops.as_ref().is_none_or(verifies) || jwk.kid.is_empty() {
        return None;
    }
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", None) => VerifyingKey::Rs256 {
            n: without_leading_zeroes(decode(jwk.n)?),
            e: without_leading_zeroes(decode(jwk.e)?),
        },
        ("EC", Some("P-256")) => VerifyingKey::Es256(point(&decode(jwk.x)?, &decode(jwk.y)?)?),
        _ => return None,
    };
    let fits = |name: &str| Algorithm::named(name) == Some(key.algorithm());
    jwk.alg
        .as_deref()
        .is_none_or(fits)
        .then_some((jwk.kid, key))
}

fn decode(member: Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}

/// Some issuers write the sign byte of DER, which RFC 7518 section 6.3.1.1 forbids and ring refuses.
fn without_leading_zeroes(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// SEC 1's uncompressed form of two full-size coordinates.
fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())
}

#[cfg(test)]
mod tests;
