//! A key pair of either kind, and the one that signs by a given algorithm.

use zeroize::Zeroizing;

use super::KmsError;
use super::ecc_key::EccKey;
use super::hash_algorithm::HashAlgorithm;
use super::rsa_key::RsaKey;
use super::signing_algorithm::{RsaPadding, SigningAlgorithm};

/// A private key that never leaves the KMS; wiped when dropped.
pub(super) enum SigningKey {
    Ecc(EccKey),
    Rsa(RsaKey),
}

/// A key together with an algorithm it has.
pub(super) enum Signer<'a> {
    Ecdsa(&'a EccKey),
    Rsassa(&'a RsaKey, RsaPadding, HashAlgorithm),
}

impl SigningKey {
    /// PKCS#8 (RFC 5958), in DER.
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        match self {
            Self::Ecc(key) => key.to_pkcs8(),
            Self::Rsa(key) => key.to_pkcs8(),
        }
    }

    /// A SubjectPublicKeyInfo (RFC 5280), in DER.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        match self {
            Self::Ecc(key) => key.public_key(),
            Self::Rsa(key) => key.public_key(),
        }
    }

    /// `None` for an algorithm of another kind of key.
    pub(super) fn by(&self, algorithm: SigningAlgorithm) -> Option<Signer<'_>> {
        match (self, algorithm) {
            (Self::Ecc(key), SigningAlgorithm::EcdsaSha256) => Some(Signer::Ecdsa(key)),
            (Self::Rsa(key), SigningAlgorithm::Rsassa(padding, hash)) => {
                Some(Signer::Rsassa(key, padding, hash))
            }
            (Self::Ecc(_), SigningAlgorithm::Rsassa(..))
            | (Self::Rsa(_), SigningAlgorithm::EcdsaSha256) => None,
        }
    }
}

impl Signer<'_> {
    /// The signature of a digest by the algorithm's hash.
    pub(super) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, KmsError> {
        match self {
            Self::Ecdsa(key) => key.sign(digest),
            Self::Rsassa(key, padding, hash) => key.sign(*padding, *hash, digest),
        }
    }

    /// Refuses every signature but one of this digest by this key.
    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), KmsError> {
        match self {
            Self::Ecdsa(key) => key.verify(digest, signature),
            Self::Rsassa(key, padding, hash) => key.verify(*padding, *hash, digest, signature),
        }
    }
}

#[cfg(test)]
mod tests;
