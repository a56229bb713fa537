//! The kinds of keys, and what each is for.

use serde::{Deserialize, Serialize};

use super::KmsError;
use super::signing_algorithm::SigningAlgorithm;

/// What a key is made of: `KeySpec`, formerly `CustomerMasterKeySpec`. It decides what the key is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeySpec {
    /// 256 bits for AES-256-GCM.
    #[default]
    #[serde(rename = "SYMMETRIC_DEFAULT")]
    SymmetricDefault,
    /// A key pair on the curve P-256, for signing.
    #[serde(rename = "ECC_NIST_P256")]
    EccNistP256,
    /// An RSA key pair with a modulus of 2,048 bits, for signing.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
}

/// The operations a key is for: `KeyUsage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// Encrypt, Decrypt and data keys.
    EncryptDecrypt,
    /// Sign, Verify and GetPublicKey.
    SignVerify,
}

impl KeySpec {
    /// The specs that are offered here.
    pub const ALL: [Self; 3] = [Self::SymmetricDefault, Self::EccNistP256, Self::Rsa2048];

    /// The spec's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::Rsa2048 => "RSA_2048",
        }
    }

    /// What keys of this spec are for. Each has one usage: RSA keys do not encrypt here.
    pub fn usage(self) -> KeyUsage {
        match self {
            Self::SymmetricDefault => KeyUsage::EncryptDecrypt,
            Self::EccNistP256 | Self::Rsa2048 => KeyUsage::SignVerify,
        }
    }

    /// The algorithms keys of this spec sign by, in AWS's order; none for keys that encrypt.
    pub fn signing_algorithms(self) -> &'static [SigningAlgorithm] {
        match self {
            Self::SymmetricDefault => &[],
            Self::EccNistP256 => &[SigningAlgorithm::EcdsaSha256],
            Self::Rsa2048 => &SigningAlgorithm::RSASSA,
        }
    }

    /// The spec a CreateKey asks for: without a spec the symmetric one, which alone may leave out its usage.
    pub(super) fn requested(spec: Option<&str>, usage: Option<&str>) -> Result<Self, KmsError> {
        let spec = match spec {
            None => Self::default(),
            Some(name) => Self::parse(name)?,
        };
        match usage {
            None if spec == Self::SymmetricDefault => Ok(spec),
            None => Err(KmsError::Validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
                    .to_owned(),
            )),
            Some(name) if name == spec.usage().name() => Ok(spec),
            Some(name) => Err(KmsError::Validation(format!(
                "KeyUsage {name} is not compatible with KeySpec {}: here it must be {}",
                spec.name(),
                spec.usage().name()
            ))),
        }
    }

    fn parse(name: &str) -> Result<Self, KmsError> {
        let found = Self::ALL.into_iter().find(|spec| spec.name() == name);
        found.ok_or_else(|| {
            let offered = Self::ALL.map(Self::name).join(", ");
            KmsError::Validation(format!(
                "KeySpec {name:?} is not supported here, but {offered} are"
            ))
        })
    }
}

impl KeyUsage {
    /// The usage's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::SignVerify => "SIGN_VERIFY",
        }
    }
}
