//! An RSA key pair of 2,048 bits, and its signatures under both paddings.

use getrandom::SysRng;
use rsa::PrivateKey;
use rsa::pkcs8::{self, DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::KmsError;
use super::hash_algorithm::HashAlgorithm as Hash;
use super::signing_algorithm::RsaPadding as Padding;

const MODULUS_BITS: usize = 2048;

/// A private key; wiped when dropped.
pub(super) struct RsaKey(PrivateKey);

impl RsaKey {
    /// A new key pair; finding its primes takes part of a second.
    pub(super) fn random() -> Result<Self, KmsError> {
        Ok(Self(PrivateKey::new(&mut SysRng, MODULUS_BITS)?))
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        PrivateKey::from_pkcs8_der(der).ok().map(Self)
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        Ok(self.0.to_pkcs8_der()?.to_bytes())
    }

    /// The public key as a SubjectPublicKeyInfo (RFC 3279), in DER.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        let document = self.0.as_public_key().to_public_key_der();
        Ok(document.map_err(pkcs8::Error::from)?.into_vec())
    }

    /// The signature of a digest; the private operation is blinded.
    pub(super) fn sign(
        &self,
        padding: Padding,
        hash: Hash,
        digest: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let (key, rng) = (&self.0, &mut SysRng);
        let signature = match (padding, hash) {
            (Padding::Pkcs1V15, Hash::Sha256) => {
                key.pkcs1v15_sign_prehash_with_rng::<Sha256, _>(rng, digest)
            }
            (Padding::Pkcs1V15, Hash::Sha384) => {
                key.pkcs1v15_sign_prehash_with_rng::<Sha384, _>(rng, digest)
            }
            (Padding::Pkcs1V15, Hash::Sha512) => {
                key.pkcs1v15_sign_prehash_with_rng::<Sha512, _>(rng, digest)
            }
            (Padding::Pss, Hash::Sha256) => key.pss_sign_prehash_with_rng::<Sha256, _>(rng, digest),
            (Padding::Pss, Hash::Sha384) => key.pss_sign_prehash_with_rng::<Sha384, _>(rng, digest),
            (Padding::Pss, Hash::Sha512) => key.pss_sign_prehash_with_rng::<Sha512, _>(rng, digest),
        };
        Ok(signature?)
    }

    pub(super) fn verify(
        &self,
        padding: Padding,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), KmsError> {
        let key = self.0.as_public_key();
        let verified = match (padding, hash) {
            (Padding::Pkcs1V15, Hash::Sha256) => {
                key.pkcs1v15_verify_prehash::<Sha256>(digest, signature)
            }
            (Padding::Pkcs1V15, Hash::Sha384) => {
                key.pkcs1v15_verify_prehash::<Sha384>(digest, signature)
            }
            (Padding::Pkcs1V15, Hash::Sha512) => {
                key.pkcs1v15_verify_prehash::<Sha512>(digest, signature)
            }
            (Padding::Pss, Hash::Sha256) => key.pss_verify_prehash::<Sha256>(digest, signature),
            (Padding::Pss, Hash::Sha384) => key.pss_verify_prehash::<Sha384>(digest, signature),
            (Padding::Pss, Hash::Sha512) => key.pss_verify_prehash::<Sha512>(digest, signature),
        };
        verified.map_err(|_| KmsError::InvalidSignature)
    }
}
