//! What an issuer has: a pair of keys, the tokens it makes with it, and the key it publishes.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use serde_json::{Value, json};

/// A pair of keys with an id.
pub enum SigningKey {
    Es256(String, EcdsaKeyPair),
    Rs256(String, RsaKeyPair),
}

impl SigningKey {
    pub fn es256(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self::Es256(id.to_owned(), pair)
    }

    pub fn rs256(id: &str) -> Self {
        let pkcs8 = include_bytes!("rsa_2048.pk8");
        Self::Rs256(id.to_owned(), RsaKeyPair::from_pkcs8(pkcs8).unwrap())
    }

    pub fn jwk(&self) -> Value {
        match self {
            Self::Es256(id, pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256",
                    "x": BASE64.encode(x), "y": BASE64.encode(y)})
            }
            Self::Rs256(id, pair) => {
                let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256",
                    "n": BASE64.encode(public.n), "e": BASE64.encode(public.e)})
            }
        }
    }

    pub fn header(&self) -> Value {
        match self {
            Self::Es256(id, _) => json!({"alg": "ES256", "kid": id, "typ": "JWT"}),
            Self::Rs256(id, _) => json!({"alg": "RS256", "kid": id, "typ": "JWT"}),
        }
    }

    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        self.signed(&unsigned(header, claims))
    }

    /// Signs header and claims as they are written.
    pub fn signed(&self, signed: &str) -> String {
        format!(
            "{signed}.{}",
            BASE64.encode(self.signature(signed.as_bytes()))
        )
    }

    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(_, pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.unwrap().as_ref().to_vec()
            }
            Self::Rs256(_, pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

/// Header and claims, as they are signed.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}
