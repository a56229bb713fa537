//! What a host does for a signature: hashing where it has the faster SHA-256, and ECDSA, which is no part of this crate.

use keyfront_sigv4::{CanonicalRequest, Credentials, EcdsaSignature, SigningError, StringToSign};

/// The host's part of a signature. Each method is called at most once a request.
pub trait Host {
    /// The SHA-256 of the canonical request.
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32];

    /// The ECDSA signature of SigV4A; called only for a site that asks for one.
    ///
    /// # Errors
    /// [`SigningError::EcdsaUnavailable`] from a host without it, by which such a site is refused.
    fn ecdsa(
        &mut self,
        credentials: &Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError>;
}

/// No help from the host: hashes are computed here, and sites that ask for SigV4A are refused.
#[derive(Clone, Copy, Debug)]
pub struct Unassisted;

impl Host for Unassisted {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.sha256()
    }

    fn ecdsa(&mut self, _: &Credentials, _: &StringToSign) -> Result<EcdsaSignature, SigningError> {
        Err(SigningError::EcdsaUnavailable)
    }
}
