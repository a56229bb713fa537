//! A key pair on the curve P-256, and its ECDSA signatures in DER.

use getrandom::SysRng;
use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{self, DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use zeroize::Zeroizing;

use super::KmsError;

/// A private key; wiped when dropped.
pub(super) struct EccKey(SigningKey);

impl EccKey {
    pub(super) fn random() -> Result<Self, KmsError> {
        Ok(Self(SigningKey::try_generate_from_rng(&mut SysRng)?))
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        SigningKey::from_pkcs8_der(der).ok().map(Self)
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        Ok(self.0.to_pkcs8_der()?.to_bytes())
    }

    /// The public key as a SubjectPublicKeyInfo (RFC 5480), in DER.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        let document = self.0.verifying_key().to_public_key_der();
        Ok(document.map_err(pkcs8::Error::from)?.into_vec())
    }

    /// The signature of a digest, the same each time (RFC 6979).
    pub(super) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, KmsError> {
        let signature: DerSignature = self.0.sign_prehash(digest)?;
        Ok(signature.as_bytes().to_vec())
    }

    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), KmsError> {
        let refused = |_| KmsError::InvalidSignature;
        let signature = DerSignature::from_bytes(signature).map_err(refused)?;
        let key = self.0.verifying_key();
        key.verify_prehash(digest, &signature).map_err(refused)
    }
}
