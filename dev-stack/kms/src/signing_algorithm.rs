//! The ways of signing, by AWS's names.

use self::RsaPadding::{Pkcs1V15, Pss};
use super::KmsError;
use super::hash_algorithm::HashAlgorithm::{self, Sha256, Sha384, Sha512};

/// A signature scheme with its hash function: `SigningAlgorithm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA (FIPS 186-5) over SHA-256, with signatures in DER.
    EcdsaSha256,
    /// RSA with this padding and hash.
    Rsassa(RsaPadding, HashAlgorithm),
}

/// How a digest becomes a number modulo an RSA key (RFC 8017).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSASSA-PKCS1-v1_5: one signature for each message.
    Pkcs1V15,
    /// RSASSA-PSS, with MGF1 over the same hash and a salt of the digest's length.
    Pss,
}

impl SigningAlgorithm {
    /// Those of RSA keys.
    pub(super) const RSASSA: [Self; 6] = [
        Self::Rsassa(Pkcs1V15, Sha256),
        Self::Rsassa(Pkcs1V15, Sha384),
        Self::Rsassa(Pkcs1V15, Sha512),
        Self::Rsassa(Pss, Sha256),
        Self::Rsassa(Pss, Sha384),
        Self::Rsassa(Pss, Sha512),
    ];

    /// The algorithm's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaSha256 => "ECDSA_SHA_256",
            Self::Rsassa(Pkcs1V15, Sha256) => "RSASSA_PKCS1_V1_5_SHA_256",
            Self::Rsassa(Pkcs1V15, Sha384) => "RSASSA_PKCS1_V1_5_SHA_384",
            Self::Rsassa(Pkcs1V15, Sha512) => "RSASSA_PKCS1_V1_5_SHA_512",
            Self::Rsassa(Pss, Sha256) => "RSASSA_PSS_SHA_256",
            Self::Rsassa(Pss, Sha384) => "RSASSA_PSS_SHA_384",
            Self::Rsassa(Pss, Sha512) => "RSASSA_PSS_SHA_512",
        }
    }

    /// The hash a message is digested by.
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::EcdsaSha256 => Sha256,
            Self::Rsassa(_, hash) => hash,
        }
    }

    /// The algorithm of that name.
    pub(super) fn parse(name: &str) -> Result<Self, KmsError> {
        let mut all = [Self::EcdsaSha256].into_iter().chain(Self::RSASSA);
        let found = all.find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| {
            KmsError::Validation(format!("SigningAlgorithm {name:?} is not supported here"))
        })
    }
}
