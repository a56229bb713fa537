//! SigV4A: one signature for a set of regions, as S3 Multi-Region Access Points ask for.
//!
//! A [`MultiRegionSigner`] takes the steps of a [`Signer`](crate::Signer) with three differences: the scope names
//! no region, the region set (`*`, or names separated by commas) is sent and signed as `x-amz-region-set`, and the
//! signature is ECDSA over P-256. The region set is [`SigningContext::region`].
//!
//! The signature comes in as a function, so that a module without elliptic curves can build everything else and
//! let its host sign; the crate's feature `sigv4a` brings `EcdsaKey`, which signs here.
//!
//! What it does not do: choose the host (`ALIAS.mrap.accesspoint.s3-global.amazonaws.com`), or make temporary
//! credentials valid in every region (ask a regional STS endpoint for those).
//!
//! Spec: *Signature Version 4A* (AWS IAM user guide).

use core::fmt;

use crate::{
    algorithm::Algorithm,
    canonical_request::CanonicalRequest,
    credentials::Credentials,
    error::SigningError,
    hex,
    presign::{Expiry, PresignedQuery},
    request::{Request, SigningContext},
    sign::{SignedHeaders, Steps},
    string_to_sign::StringToSign,
};

pub use crate::region_set::is_region_set;

/// The longest DER form of a P-256 signature: two integers of 33 bytes, each with two bytes before it, and two more.
pub(crate) const LONGEST_DER: usize = 72;

/// An ECDSA signature over P-256: lower-case hexadecimal of its DER form, at most 144 digits. Not a secret once sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EcdsaSignature {
    digits: [u8; 2 * LONGEST_DER],
    length: usize,
}

impl EcdsaSignature {
    /// A signature made elsewhere.
    ///
    /// # Errors
    /// [`SigningError::EcdsaSignature`] unless the bytes are a DER sequence of two positive integers of up to 32
    /// bytes. Whether it is *right* is not checked.
    pub fn from_der(der: &[u8]) -> Result<Self, SigningError> {
        let is_signature = match der {
            [0x30, length, integers @ ..] if usize::from(*length) == integers.len() => {
                after_integer(integers).and_then(after_integer) == Some(&[])
            }
            _ => false,
        };
        if !is_signature {
            return Err(SigningError::EcdsaSignature);
        }
        let mut digits = [0; 2 * LONGEST_DER];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(der) {
            *pair = hex::pair(*byte);
        }
        let length = 2 * der.len();
        Ok(Self { digits, length })
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.digits[..self.length]).expect("hexadecimal digits are ASCII")
    }
}

impl fmt::Display for EcdsaSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EcdsaSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaSignature({self})")
    }
}

/// What follows a DER integer that is positive, as short as it can be, and of at most 256 bits.
fn after_integer(der: &[u8]) -> Option<&[u8]> {
    let [0x02, length, rest @ ..] = der else {
        return None;
    };
    let (integer, after) = rest.split_at_checked(usize::from(*length))?;
    let is_scalar = match integer {
        [0, first, more @ ..] => *first >= 0x80 && more.len() < 32,
        [first, more @ ..] => *first < 0x80 && more.len() < 32,
        [] => false,
    };
    is_scalar.then_some(after)
}

/// The buffers worth keeping between requests. One for each thread.
#[derive(Debug)]
pub struct MultiRegionSigner {
    steps: Steps,
}

impl Default for MultiRegionSigner {
    fn default() -> Self {
        Self::new()
    }
}

impl MultiRegionSigner {
    /// Empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            steps: Steps::new(Algorithm::EcdsaP256Sha256),
        }
    }

    /// Signs a request: the headers returned must be added to it, and it must be sent as it was given. `sha256` hashes
    /// the canonical request (usually [`CanonicalRequest::sha256`]); `ecdsa` signs with the key of these credentials.
    ///
    /// # Errors
    /// [`SigningError`], `ecdsa`'s included; nothing was signed.
    pub fn sign_by<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
        sha256: impl FnOnce(&CanonicalRequest) -> [u8; 32],
        ecdsa: impl FnOnce(&Credentials, &StringToSign) -> Result<EcdsaSignature, SigningError>,
    ) -> Result<SignedHeaders<'s>, SigningError> {
        self.steps.algorithm.check_scope(context)?;
        let scope = self.steps.algorithm.scope(context);
        let hash = sha256(self.steps.canonical_request(request, context)?);
        let string_to_sign = self.steps.string_to_sign(&scope, context, &hash)?;
        let signature = ecdsa(context.credentials, string_to_sign)?;
        Ok(self
            .steps
            .signed_headers(&scope, context, signature.as_str()))
    }

    /// Signs a request by its query, as [`Signer::presign`](crate::Signer::presign) does.
    ///
    /// # Errors
    /// [`SigningError`], `ecdsa`'s included; nothing was signed.
    pub fn presign_by(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
        ecdsa: impl FnOnce(&Credentials, &StringToSign) -> Result<EcdsaSignature, SigningError>,
    ) -> Result<PresignedQuery, SigningError> {
        let string_to_sign = self
            .steps
            .presigned_string_to_sign(request, context, expiry)?;
        let signature = ecdsa(context.credentials, string_to_sign)?;
        Ok(self.steps.presigned_query(signature.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_der_form_of_two_positive_256_bit_integers_is_a_signature() {
        let mut longest = [0xff; 72];
        longest[..5].copy_from_slice(&[0x30, 70, 0x02, 33, 0]);
        longest[37..40].copy_from_slice(&[0x02, 33, 0]);
        for der in [&[0x30, 6, 2, 1, 1, 2, 1, 0x7f][..], &longest] {
            let signature = EcdsaSignature::from_der(der).unwrap();
            assert_eq!(signature.as_str().len(), 2 * der.len());
        }
        let mut too_long = [1; 74];
        too_long[..4].copy_from_slice(&[0x30, 72, 0x02, 34]);
        too_long[38..40].copy_from_slice(&[0x02, 34]);
        for der in [
            &[][..],
            &[0x30, 0],
            &[0x30, 7, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
            &too_long,
        ] {
            assert_eq!(
                EcdsaSignature::from_der(der),
                Err(SigningError::EcdsaSignature),
                "{der:?}"
            );
        }
    }
}
