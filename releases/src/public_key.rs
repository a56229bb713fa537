//! Public keys of those who sign releases: ECDSA on P-256 with SHA-256, as KMS has it (`ECC_NIST_P256`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use crate::Sha256Digest;

/// SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480), up to the point.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const POINT_BYTES: usize = 65;

/// Why a text or bytes are not such a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not PEM of a public key.
    #[error("public key: a PEM block \"PUBLIC KEY\" is expected")]
    Pem,
    /// Another algorithm, curve or form.
    #[error("public key: an uncompressed key on P-256 is expected (openssl ec -pubout)")]
    Algorithm,
}

/// A public key on P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256PublicKey([u8; POINT_BYTES]);

impl P256PublicKey {
    /// Of an uncompressed point: 4, x, y.
    ///
    /// # Errors
    /// [`PublicKeyError::Algorithm`].
    pub fn from_point(point: &[u8]) -> Result<Self, PublicKeyError> {
        match <[u8; POINT_BYTES]>::try_from(point) {
            Ok(point) if point[0] == 4 => Ok(Self(point)),
            _ => Err(PublicKeyError::Algorithm),
        }
    }

    /// Of SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`PublicKeyError::Algorithm`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let point = der
            .strip_prefix(&SPKI_PREFIX)
            .ok_or(PublicKeyError::Algorithm)?;
        Self::from_point(point)
    }

    /// Of PEM, as `openssl ec -pubout` writes it.
    ///
    /// # Errors
    /// [`PublicKeyError`].
    pub fn from_pem(pem: &str) -> Result<Self, PublicKeyError> {
        let body = pem
            .split_once("-----BEGIN PUBLIC KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PUBLIC KEY-----"))
            .map(|(body, _)| body)
            .ok_or(PublicKeyError::Pem)?;
        let base64: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| PublicKeyError::Pem)?;
        Self::from_spki_der(&der)
    }

    /// SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        [&SPKI_PREFIX[..], &self.0[..]].concat()
    }

    /// What an envelope names it by: the SHA-256 of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn id(&self) -> Sha256Digest {
        Sha256Digest::of(&self.to_spki_der())
    }

    /// Whether this key signed `message`; `signature` is DER (ECDSA-Sig-Value of RFC 3279).
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0)
            .verify(message, signature)
            .is_ok()
    }
}
