//! Step 2: the string to sign: algorithm, date, scope, and the hash of the canonical request.
//!
//! Spec: "Create a string to sign" in *Signature Version 4 signing process* (AWS IAM user guide).

use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::{
    algorithm::Algorithm, amz_date::AmzDate, append::append, error::SigningError, hex::HexDigest,
    request::SigningContext,
};

/// The string to sign, in a buffer that can be reused. It holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringToSign(String);

impl StringToSign {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Writes the string to sign of the canonical request with this SHA-256, wherever that was computed.
    ///
    /// # Errors
    /// [`SigningError::Region`], [`SigningError::Service`].
    pub fn write(
        &mut self,
        context: &SigningContext<'_>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<(), SigningError> {
        self.write_as(Algorithm::HmacSha256, context, canonical_request_sha256)
    }

    /// [`write`](StringToSign::write) for SigV4A, whose scope names no region.
    ///
    /// # Errors
    /// [`SigningError::RegionSet`], [`SigningError::Service`].
    pub fn write_multi_region(
        &mut self,
        context: &SigningContext<'_>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<(), SigningError> {
        self.write_as(
            Algorithm::EcdsaP256Sha256,
            context,
            canonical_request_sha256,
        )
    }

    pub(crate) fn write_as(
        &mut self,
        algorithm: Algorithm,
        context: &SigningContext<'_>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<(), SigningError> {
        algorithm.check_scope(context)?;
        let scope = algorithm.scope(context);
        self.write_in(algorithm, &scope, context.date, canonical_request_sha256);
        Ok(())
    }

    /// In a scope that was validated.
    pub(crate) fn write_in(
        &mut self,
        algorithm: Algorithm,
        scope: &str,
        date: AmzDate,
        canonical_request_sha256: &[u8; 32],
    ) {
        let hash = HexDigest::of(canonical_request_sha256);
        let (name, date) = (algorithm.name(), date.timestamp());
        self.0.clear();
        append(
            &mut self.0,
            &[name, "\n", date, "\n", scope, "\n", hash.as_str()],
        );
    }

    /// Algorithm, date and scope, in place of what was there. `part` is what is signed, where that is not a
    /// whole request.
    pub(crate) fn begin(&mut self, algorithm: Algorithm, part: &str, context: &SigningContext<'_>) {
        self.0.clear();
        let date = context.date.timestamp();
        append(&mut self.0, &[algorithm.name(), part, "\n", date, "\n"]);
        algorithm.append_scope(&mut self.0, context);
    }

    /// This text and more lines.
    pub(crate) fn followed_by(&self, lines: &[&str]) -> Self {
        let mut text = self.0.clone();
        for line in lines {
            append(&mut text, &["\n", line]);
        }
        Self(text)
    }

    /// Writes the string to sign of a POST policy: the policy's base64 text itself.
    pub(crate) fn write_policy(&mut self, policy: &str) {
        self.0.clear();
        self.0.push_str(policy);
    }

    /// The text, as it is signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text: the message of an ECDSA signature.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}
