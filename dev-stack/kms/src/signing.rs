//! Signing, verifying and giving out public keys, on behalf of an authorized caller.

use keyfront_iam::{Context, Requester};

use super::calls::Operation;
use super::key_spec::KeySpec;
use super::signing_algorithm::SigningAlgorithm;
use super::signing_message::Message;
use super::{Kms, KmsError};

/// AWS's limit for a signature, in bytes.
const MAX_SIGNATURE: usize = 6144;

/// What is to be signed, or was, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningRequest<'a> {
    /// The message or its digest.
    pub message: Message<'a>,
    /// One of the key's algorithms.
    pub algorithm: SigningAlgorithm,
}

/// What [`Kms::sign`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// ECDSA in DER, RSA as a number of the modulus's length.
    pub bytes: Vec<u8>,
    /// The key that signed.
    pub key_arn: String,
}

/// What [`Kms::public_key`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// A SubjectPublicKeyInfo (RFC 5280), in DER.
    pub der: Vec<u8>,
    /// What kind of key it is; tells usage and algorithms.
    pub spec: KeySpec,
    /// The key whose public half it is.
    pub key_arn: String,
}

impl SigningRequest<'_> {
    /// The condition keys policies see of it; a message without a type counts as `RAW`.
    fn conditions(&self) -> Context {
        Context::new()
            .with("kms:SigningAlgorithm", self.algorithm.name())
            .with("kms:MessageType", self.message.type_name())
    }
}

impl Kms {
    /// Signs 1 to 4,096 bytes, or a digest, by `key_id` (id, ARN, alias or alias ARN).
    ///
    /// # Errors
    /// [`KmsError`]: the caller is not allowed; the key does not exist, is not enabled, does not sign or not by this
    /// algorithm; or the message or digest has a wrong length.
    pub fn sign(
        &self,
        requester: &Requester,
        key_id: &str,
        request: &SigningRequest<'_>,
    ) -> Result<Signature, KmsError> {
        let operation = Operation::Sign;
        self.arrive(operation)?;
        request.message.check_length()?;
        let stored = self.usable_under(requester, operation, key_id, request.conditions())?;
        let signer = stored.signer(operation, request.algorithm)?;
        let digest = request.message.digest(request.algorithm)?;
        Ok(Signature {
            bytes: signer.sign(&digest)?,
            key_arn: stored.key.arn.clone(),
        })
    }

    /// Checks that `signature` is one of the request's message by `key_id`; returns the key's ARN.
    ///
    /// # Errors
    /// As [`Kms::sign`]; [`KmsError::InvalidSignature`] for every other signature.
    pub fn verify(
        &self,
        requester: &Requester,
        key_id: &str,
        request: &SigningRequest<'_>,
        signature: &[u8],
    ) -> Result<String, KmsError> {
        let operation = Operation::Verify;
        self.arrive(operation)?;
        request.message.check_length()?;
        if signature.is_empty() || signature.len() > MAX_SIGNATURE {
            return Err(KmsError::Validation(format!(
                "Signature must have 1 to {MAX_SIGNATURE} bytes"
            )));
        }
        let stored = self.usable_under(requester, operation, key_id, request.conditions())?;
        let signer = stored.signer(operation, request.algorithm)?;
        let digest = request.message.digest(request.algorithm)?;
        signer.verify(&digest, signature)?;
        Ok(stored.key.arn.clone())
    }

    /// The public half of `key_id` (id, ARN, alias or alias ARN).
    ///
    /// # Errors
    /// [`KmsError`]: the caller is not allowed, or the key does not exist, is not enabled or is symmetric.
    pub fn public_key(&self, requester: &Requester, key_id: &str) -> Result<PublicKey, KmsError> {
        let operation = Operation::GetPublicKey;
        self.arrive(operation)?;
        let stored = self.usable_under(requester, operation, key_id, Context::new())?;
        let pair = stored.key_pair();
        let pair = pair.ok_or_else(|| stored.key.unsupported(operation))?;
        Ok(PublicKey {
            der: pair.public_key()?,
            spec: stored.key.spec,
            key_arn: stored.key.arn.clone(),
        })
    }
}
