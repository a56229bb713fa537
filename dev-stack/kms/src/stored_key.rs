//! A key as it is used: its record, its parsed policy, and the material for what the key is for.

use std::sync::Arc;

use keyfront_iam::Policy;

use super::calls::Operation;
use super::cipher::SymmetricKey;
use super::material::KeyMaterial;
use super::signing_algorithm::SigningAlgorithm;
use super::signing_key::{Signer, SigningKey};
use super::{Key, KmsError};

#[derive(Debug)]
pub(super) struct StoredKey {
    pub(super) key: Key,
    pub(super) policy: Policy,
    pub(super) material: Arc<KeyMaterial>,
}

impl StoredKey {
    /// The key as one that encrypts, for an operation that needs such a key.
    pub(super) fn encryption_key(&self, operation: Operation) -> Result<&SymmetricKey, KmsError> {
        match self.material.as_ref() {
            KeyMaterial::Symmetric(key) => Ok(key),
            KeyMaterial::Signing(_) => Err(self.key.invalid_usage(operation)),
        }
    }

    /// The key as one that signs by `algorithm`, for an operation that needs such a key.
    pub(super) fn signer(
        &self,
        operation: Operation,
        algorithm: SigningAlgorithm,
    ) -> Result<Signer<'_>, KmsError> {
        match self.material.as_ref() {
            KeyMaterial::Symmetric(_) => Err(self.key.invalid_usage(operation)),
            KeyMaterial::Signing(key) => {
                let incompatible = || KmsError::IncompatibleAlgorithm {
                    algorithm: algorithm.name(),
                    spec: self.key.spec.name(),
                };
                key.by(algorithm).ok_or_else(incompatible)
            }
        }
    }

    /// The key pair, if it is one.
    pub(super) fn key_pair(&self) -> Option<&SigningKey> {
        match self.material.as_ref() {
            KeyMaterial::Symmetric(_) => None,
            KeyMaterial::Signing(key) => Some(key),
        }
    }
}
