//! The public keys a key group may hold: P-256 and RSA of 2,048 bits, as PEM.

use base64::{Engine, engine::general_purpose::STANDARD};

/// What comes before the 65 bytes of a point: the algorithm `id-ecPublicKey` on `prime256v1` (RFC 5480).
const P256_HEAD: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// What comes before the modulus: the algorithm `rsaEncryption` (RFC 3279), and the beginning of an `RSAPublicKey`.
const RSA_HEAD: &[u8] = &[
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01,
    0x00,
];
/// What comes behind it: the exponent 65,537.
const RSA_TAIL: &[u8] = &[0x02, 0x03, 0x01, 0x00, 0x01];
/// Where an `RSAPublicKey` (RFC 8017, A.1.1) begins in its `SubjectPublicKeyInfo`.
const RSA_KEY_AT: usize = 24;

/// The kind of a key, which is the kind of its signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA over P-256.
    P256,
    /// RSA with 2,048 bits, PKCS #1 v1.5.
    Rsa2048,
}

/// A public key, in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    info: Vec<u8>,
}

/// Why a text or bytes are not a public key that CloudFront takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not one PEM block `PUBLIC KEY`.
    #[error("not a public key in PEM: one block that begins with -----BEGIN PUBLIC KEY-----")]
    Pem,
    /// Another kind of key.
    #[error(
        "neither a P-256 key nor an RSA key of 2,048 bits with the exponent 65537, which are the kinds CloudFront takes"
    )]
    Kind,
}

impl PublicKey {
    /// Reads a PEM block of type `PUBLIC KEY` (RFC 7468).
    ///
    /// # Errors
    /// [`PublicKeyError`].
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let body = text
            .trim()
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
            .ok_or(PublicKeyError::Pem)?;
        let lines: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(lines).map_err(|_| PublicKeyError::Pem)?;
        Self::from_der(&der)
    }

    /// Reads a `SubjectPublicKeyInfo`, which is what KMS returns.
    ///
    /// # Errors
    /// [`PublicKeyError::Kind`].
    pub fn from_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let is_p256 = der.starts_with(P256_HEAD) && der.len() == P256_HEAD.len() + 64;
        let is_rsa = der.starts_with(RSA_HEAD)
            && der.ends_with(RSA_TAIL)
            && der.len() == RSA_HEAD.len() + 256 + RSA_TAIL.len()
            && der[RSA_HEAD.len()] >= 0x80;
        let kind = match (is_p256, is_rsa) {
            (true, _) => KeyKind::P256,
            (_, true) => KeyKind::Rsa2048,
            _ => return Err(PublicKeyError::Kind),
        };
        Ok(Self {
            kind,
            info: der.to_vec(),
        })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The `SubjectPublicKeyInfo`, in DER.
    #[must_use]
    pub fn info(&self) -> &[u8] {
        &self.info
    }

    /// The key itself, without the name of its algorithm: an uncompressed point (SEC 1) or an `RSAPublicKey`, in DER.
    #[must_use]
    pub fn bare(&self) -> &[u8] {
        match self.kind {
            KeyKind::P256 => &self.info[P256_HEAD.len() - 1..],
            KeyKind::Rsa2048 => &self.info[RSA_KEY_AT..],
        }
    }

    /// The PEM that CloudFront takes, with lines of 64 characters and one behind the last.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.info);
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (position, symbol) in text.chars().enumerate() {
            if position > 0 && position % 64 == 0 {
                pem.push('\n');
            }
            pem.push(symbol);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        pem
    }
}
