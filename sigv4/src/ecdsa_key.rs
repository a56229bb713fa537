//! SigV4A's signing key: a P-256 private key derived from an access key, and a small cache.
//!
//! The key depends on the access key alone, neither on the day nor on a region: two fixed halves of one secret.
//! Nonces are RFC 6979's: deterministic, so that no source of randomness is needed on an edge and the same string
//! to sign always has the same signature; they are not hedged against faults injected into the processor.
//!
//! Candidates are compared in constant time. Only *that* a candidate was refused can be observed, once in 2^32 keys.
//! Keys are wiped on drop, as far as this crate holds them; the arithmetic's own copies on the stack are not.
//!
//! Spec: "Deriving a signing key for SigV4A" in *Signature Version 4A* (AWS IAM user guide); NIST SP 800-108, counter
//! mode; RFC 6979.

use alloc::{string::String, vec::Vec};
use core::fmt;

use ecdsa::hazmat::sign_prehashed_rfc6979;
use p256::{
    FieldBytes, NistP256, NonZeroScalar, ProjectivePoint,
    elliptic_curve::{Group, sec1::ToSec1Point},
};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    algorithm::Algorithm,
    canonical_request::CanonicalRequest,
    credentials::{Credentials, SecretAccessKey},
    error::SigningError,
    hmac_sha256::KeyedHmac,
    presign::{Expiry, PresignedQuery},
    request::{Request, SigningContext},
    sign::SignedHeaders,
    sigv4a::{EcdsaSignature, MultiRegionSigner},
    string_to_sign::StringToSign,
};

/// The length of the key in bits, last part of the derivation's input.
const KEY_BITS: u32 = 256;

/// A private key, ready to sign. Wiped on drop.
#[derive(Clone)]
pub struct EcdsaKey(NonZeroScalar);

impl EcdsaKey {
    /// Derives the key of an access key.
    ///
    /// ```
    /// use keyfront_sigv4::{EcdsaKey, SecretAccessKey};
    ///
    /// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
    /// let (x, y) = EcdsaKey::derive("AKIDEXAMPLE", &secret)?.public_key();
    /// assert_eq!((x[0], y[0]), (0xb6, 0x86));
    /// # Ok::<(), keyfront_sigv4::SigningError>(())
    /// ```
    ///
    /// # Errors
    /// [`SigningError::KeyDerivation`] if no counter gives one.
    pub fn derive(access_key_id: &str, secret: &SecretAccessKey) -> Result<Self, SigningError> {
        let mut key = Zeroizing::new(String::with_capacity(5 + secret.expose().len()));
        key.push_str("AWS4A");
        key.push_str(secret.expose());
        let hmac = KeyedHmac::new(key.as_bytes());
        for counter in 1..=254 {
            let input = [
                &1_u32.to_be_bytes()[..],
                Algorithm::EcdsaP256Sha256.name().as_bytes(),
                &[0],
                access_key_id.as_bytes(),
                &[counter],
                &KEY_BITS.to_be_bytes(),
            ];
            let candidate = Zeroizing::new(hmac.mac(&input.concat()));
            if let Some(key) = Self::from_candidate(&candidate) {
                return Ok(key);
            }
        }
        Err(SigningError::KeyDerivation)
    }

    /// The candidate plus one, if the candidate is at most the curve's order less two; so the sum is neither zero nor
    /// beyond the order.
    fn from_candidate(candidate: &[u8; 32]) -> Option<Self> {
        let mut sum = Zeroizing::new(FieldBytes::from(*candidate));
        let mut carry = 1;
        for byte in sum.iter_mut().rev() {
            let digit = u16::from(*byte) + carry;
            *byte = digit as u8;
            carry = digit >> 8;
        }
        NonZeroScalar::from_repr(*sum).into_option().map(Self)
    }

    /// Step 4: signs.
    #[must_use]
    pub fn sign(&self, string_to_sign: &StringToSign) -> EcdsaSignature {
        self.sign_sha256(&string_to_sign.sha256())
    }

    /// Step 4 for a string to sign that was hashed elsewhere.
    #[must_use]
    pub fn sign_sha256(&self, string_to_sign_sha256: &[u8; 32]) -> EcdsaSignature {
        let (signature, _) =
            sign_prehashed_rfc6979::<NistP256, Sha256>(&self.0, string_to_sign_sha256, &[]);
        EcdsaSignature::from_der(signature.to_der().as_bytes())
            .expect("two non-zero scalars of 32 bytes, written by a DER encoder")
    }

    /// The public half: the point's X and Y.
    #[must_use]
    pub fn public_key(&self) -> ([u8; 32], [u8; 32]) {
        let point = ProjectivePoint::mul_by_generator(&self.0)
            .to_affine()
            .to_sec1_point(false);
        let coordinate = |bytes: Option<&FieldBytes>| {
            (*bytes.expect("an uncompressed point that is not infinity has both coordinates"))
                .into()
        };
        (coordinate(point.x()), coordinate(point.y()))
    }
}

impl Drop for EcdsaKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for EcdsaKey {}

impl fmt::Debug for EcdsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EcdsaKey(redacted)")
    }
}

/// The few keys a process uses, by access key id and secret: a rotated secret never meets the old key.
#[derive(Debug, Default)]
pub struct EcdsaKeyCache {
    /// The latest last.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    access_key_id: String,
    secret: SecretAccessKey,
    key: EcdsaKey,
}

impl EcdsaKeyCache {
    /// Keys kept; the oldest makes room.
    pub const CAPACITY: usize = 4;

    /// An empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The key of these credentials, derived if it is not there.
    ///
    /// # Errors
    /// [`SigningError::KeyDerivation`].
    pub fn key(
        &mut self,
        access_key_id: &str,
        secret: &SecretAccessKey,
    ) -> Result<&EcdsaKey, SigningError> {
        let known = |entry: &Entry| entry.access_key_id == access_key_id && entry.secret == *secret;
        let index = match self.entries.iter().position(known) {
            Some(index) => index,
            None => self.insert(access_key_id, secret)?,
        };
        Ok(&self.entries[index].key)
    }

    fn insert(
        &mut self,
        access_key_id: &str,
        secret: &SecretAccessKey,
    ) -> Result<usize, SigningError> {
        let key = EcdsaKey::derive(access_key_id, secret)?;
        if self.entries.len() == Self::CAPACITY {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            access_key_id: access_key_id.into(),
            secret: secret.clone(),
            key,
        });
        Ok(self.entries.len() - 1)
    }

    fn sign(
        &mut self,
        credentials: &Credentials,
        string_to_sign: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        let secret = credentials.secret_access_key();
        let key = self.key(credentials.access_key_id(), secret)?;
        Ok(key.sign(string_to_sign))
    }
}

impl MultiRegionSigner {
    /// Signs a request: the headers returned must be added to it, and it must be sent as it was given.
    ///
    /// ```
    /// use keyfront_sigv4::{
    ///     AmzDate, Credentials, EcdsaKeyCache, MultiRegionSigner, Payload, Profile, Request,
    ///     SecretAccessKey, SigningContext,
    /// };
    ///
    /// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
    /// let request = Request {
    ///     method: "GET",
    ///     path: "/test.txt",
    ///     query: "",
    ///     headers: &[("host", "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com")],
    ///     payload: Payload::Bytes(b""),
    /// };
    /// let context = SigningContext {
    ///     credentials: &Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None)?,
    ///     region: "*",
    ///     service: "s3",
    ///     profile: Profile::S3,
    ///     date: AmzDate::parse("20260102T030405Z")?,
    /// };
    /// let (mut signer, mut keys) = (MultiRegionSigner::new(), EcdsaKeyCache::new());
    /// let signed = signer.sign(&request, &context, &mut keys)?;
    /// assert_eq!(signed.x_amz_region_set(), Some("*"));
    /// assert!(signed.authorization().starts_with("AWS4-ECDSA-P256-SHA256 Credential="));
    /// # Ok::<(), keyfront_sigv4::SigningError>(())
    /// ```
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn sign<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
        keys: &mut EcdsaKeyCache,
    ) -> Result<SignedHeaders<'s>, SigningError> {
        self.sign_by(
            request,
            context,
            CanonicalRequest::sha256,
            |credentials, text| keys.sign(credentials, text),
        )
    }

    /// Signs a request by its query, as [`Signer::presign`](crate::Signer::presign) does.
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn presign(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
        keys: &mut EcdsaKeyCache,
    ) -> Result<PresignedQuery, SigningError> {
        self.presign_by(request, context, expiry, |credentials, text| {
            keys.sign(credentials, text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of P-256 (SEC 2, 2.4.2).
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    fn order_less(by: u8) -> [u8; 32] {
        let mut bytes = ORDER;
        bytes[31] -= by;
        bytes
    }

    #[test]
    fn a_candidate_is_refused_from_the_order_less_one_on() {
        assert!(EcdsaKey::from_candidate(&order_less(2)).is_some());
        for candidate in [order_less(1), ORDER, [0xff; 32]] {
            assert!(EcdsaKey::from_candidate(&candidate).is_none());
        }
    }

    #[test]
    fn the_key_is_the_candidate_plus_one() {
        let key = |candidate| EcdsaKey::from_candidate(&candidate).unwrap().0;
        let mut carried = [0; 32];
        carried[31] = 0xff;
        let mut expected = FieldBytes::default();
        expected[30] = 1;
        assert_eq!(FieldBytes::from(key(carried)), expected);
        expected[30] = 0;
        expected[31] = 1;
        assert_eq!(FieldBytes::from(key([0; 32])), expected);
    }

    #[test]
    fn keys_are_wiped_on_drop_and_redacted() {
        fn is_wiped_on_drop(_: &impl ZeroizeOnDrop) {}
        let key = EcdsaKey::from_candidate(&[7; 32]).unwrap();
        is_wiped_on_drop(&key);
        assert_eq!(alloc::format!("{key:?}"), "EcdsaKey(redacted)");
    }
}
