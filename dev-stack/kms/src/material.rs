//! What a key consists of, by its spec, and the bytes of it that are kept sealed.

use std::fmt;

use zeroize::Zeroizing;

use super::KmsError;
use super::cipher::SymmetricKey;
use super::ecc_key::EccKey;
use super::key_spec::KeySpec;
use super::rsa_key::RsaKey;
use super::signing_key::SigningKey;

/// Secrets that never leave the KMS; wiped when dropped.
pub(super) enum KeyMaterial {
    Symmetric(SymmetricKey),
    Signing(Box<SigningKey>),
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(redacted)")
    }
}

impl From<SigningKey> for KeyMaterial {
    fn from(key: SigningKey) -> Self {
        Self::Signing(Box::new(key))
    }
}

impl KeyMaterial {
    pub(super) fn random(spec: KeySpec) -> Result<Self, KmsError> {
        Ok(match spec {
            KeySpec::SymmetricDefault => Self::Symmetric(SymmetricKey::random()?),
            KeySpec::EccNistP256 => SigningKey::Ecc(EccKey::random()?).into(),
            KeySpec::Rsa2048 => SigningKey::Rsa(RsaKey::random()?).into(),
        })
    }

    /// The material whose bytes these are; `None` if they are not those of such a key.
    pub(super) fn from_bytes(spec: KeySpec, bytes: &[u8]) -> Option<Self> {
        Some(match spec {
            KeySpec::SymmetricDefault => Self::Symmetric(SymmetricKey::from_bytes(bytes)?),
            KeySpec::EccNistP256 => SigningKey::Ecc(EccKey::from_pkcs8(bytes)?).into(),
            KeySpec::Rsa2048 => SigningKey::Rsa(RsaKey::from_pkcs8(bytes)?).into(),
        })
    }

    /// A symmetric key itself, or the PKCS#8 of a private key.
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        match self {
            Self::Symmetric(key) => Ok(Zeroizing::new(key.expose().to_vec())),
            Self::Signing(key) => key.to_pkcs8(),
        }
    }
}
