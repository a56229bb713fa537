//! The key of the issuer: on P-256, its public half as a JSON Web Key, and JSON Web Tokens signed by ES256
//! (RFC 7515, RFC 7517, RFC 7518).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use getrandom::SysRng;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::IssuerError;

/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// A private key; wiped when dropped. Keep [`SigningKey::to_pkcs8`] to have the same one at the next start.
pub struct SigningKey {
    private: p256::ecdsa::SigningKey,
    x: String,
    y: String,
    id: String,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// [`IssuerError::Randomness`]
    pub fn generate() -> Result<Self, IssuerError> {
        let private = p256::ecdsa::SigningKey::try_generate_from_rng(&mut SysRng)?;
        Ok(Self::new(private))
    }

    /// A key kept from before, as [`SigningKey::to_pkcs8`] or OpenSSL writes it (RFC 5208, in DER).
    ///
    /// # Errors
    /// [`IssuerError::SigningKey`]: it is not a private key on P-256.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, IssuerError> {
        let private = p256::ecdsa::SigningKey::from_pkcs8_der(der);
        private.map(Self::new).map_err(IssuerError::SigningKey)
    }

    /// The private key (RFC 5208, in DER).
    ///
    /// # Errors
    /// [`IssuerError::KeyEncoding`]
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, IssuerError> {
        let document = self.private.to_pkcs8_der();
        Ok(document.map_err(IssuerError::KeyEncoding)?.to_bytes())
    }

    fn new(private: p256::ecdsa::SigningKey) -> Self {
        let point = private.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(COORDINATE);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let id = thumbprint(&x, &y);
        Self { private, x, y, id }
    }

    /// The public half (RFC 7517, 4; RFC 7518, 6.2.1).
    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "EC",
            "crv": "P-256",
            "x": self.x,
            "y": self.y,
            "kid": self.id,
            "use": "sig",
            "alg": "ES256",
        })
    }

    /// The compact serialisation of a JSON Web Token (RFC 7515, 3.1 and 5.1).
    pub(super) fn sign_jwt(&self, claims: &Value) -> Result<String, p256::ecdsa::Error> {
        let header = json!({"alg": "ES256", "kid": self.id, "typ": "JWT"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let digest = Sha256::digest(message.as_bytes());
        let signature: Signature = self.private.sign_prehash(&digest)?;
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        Ok(format!("{message}.{signature}"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, redacted)", self.id)
    }
}

/// RFC 7638: the members in the order of their names.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    /// RFC 7515, appendix A.3: the coordinates of its key.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The point of a JWK, as ring takes it.
    fn point(jwk: &Value) -> Vec<u8> {
        let coordinate = |name: &str| decode(jwk[name].as_str().unwrap());
        [vec![4], coordinate("x"), coordinate("y")].concat()
    }

    #[test]
    fn tokens_are_verified_by_another_implementation_and_any_flipped_byte_is_refused() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign_jwt(&json!({"sub": "ada"})).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = decode(signature);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(&key.jwk()));
        public.verify(message.as_bytes(), &signature).unwrap();
        for at in 0..signature.len() {
            let mut flipped = signature.clone();
            flipped[at] ^= 1;
            assert!(public.verify(message.as_bytes(), &flipped).is_err());
        }
        assert!(public.verify(b"another", &signature).is_err());
    }

    #[test]
    fn the_header_names_algorithm_key_and_type() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign_jwt(&json!({})).unwrap();
        let header = decode(token.split('.').next().unwrap());
        let header: Value = serde_json::from_slice(&header).unwrap();
        let kid = &key.jwk()["kid"];
        assert_eq!(header, json!({"alg": "ES256", "kid": kid, "typ": "JWT"}));
    }

    #[test]
    fn a_kept_key_is_the_same_key() {
        let key = SigningKey::generate().unwrap();
        let kept = SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(kept.jwk(), key.jwk());
        assert_ne!(SigningKey::generate().unwrap().jwk(), key.jwk());
    }

    /// Its private scalar, `d` of RFC 7515, in the PKCS#8 of RFC 5915 without the public half.
    #[test]
    fn the_public_half_of_a_published_key_is_the_published_one() {
        let head = b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\
                     \x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";
        let scalar = decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
        let key = SigningKey::from_pkcs8(&[head.as_slice(), &scalar].concat()).unwrap();
        let jwk = key.jwk();
        assert_eq!((&jwk["x"], &jwk["y"]), (&json!(X), &json!(Y)));
        assert_eq!(jwk["kid"], "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn what_is_no_key_on_the_curve_is_refused() {
        for der in [&b""[..], b"not a key", &[0; 138]] {
            let refused = SigningKey::from_pkcs8(der);
            assert!(matches!(refused, Err(IssuerError::SigningKey(_))));
        }
    }

    #[test]
    fn the_private_half_is_wiped_and_not_printed() {
        fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let key = SigningKey::generate().unwrap();
        wiped_on_drop(&key.private);
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey({}, redacted)", key.id)
        );
    }
}
