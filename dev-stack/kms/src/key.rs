//! A key's public record: what DescribeKey answers, and what is kept beside the sealed material.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::KmsError;
use super::calls::Operation;
use super::key_spec::KeySpec;

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Not usable until enabled.
    Disabled,
    /// Not usable, and gone at the given time unless the deletion is cancelled.
    PendingDeletion {
        /// When the material is destroyed.
        at: SystemTime,
    },
}

impl KeyState {
    /// The state's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion { .. } => "PendingDeletion",
        }
    }
}

/// Whether a yearly rotation was requested. The material of a key here never changes: no stack lives long
/// enough, and clients cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rotation {
    Yearly,
    Off,
}

/// A key, without its material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key id proper.
    pub id: Uuid,
    /// The key's ARN.
    pub arn: String,
    /// The description given at creation.
    pub description: String,
    /// When it was created.
    pub created_at: SystemTime,
    /// Whether it can be used.
    pub state: KeyState,
    /// What it is made of. Records of before there were several have none.
    #[serde(default)]
    pub spec: KeySpec,
    pub(super) rotation: Rotation,
    /// The key policy's JSON as it was given.
    pub policy: String,
}

impl Key {
    /// Refuses keys that cannot be used now.
    pub(super) fn check_usable(&self) -> Result<(), KmsError> {
        match self.state {
            KeyState::Enabled => Ok(()),
            KeyState::Disabled => Err(KmsError::Disabled(self.arn.clone())),
            KeyState::PendingDeletion { .. } => Err(self.invalid_state()),
        }
    }

    pub(super) fn check_not_pending_deletion(&self) -> Result<(), KmsError> {
        match self.state {
            KeyState::Enabled | KeyState::Disabled => Ok(()),
            KeyState::PendingDeletion { .. } => Err(self.invalid_state()),
        }
    }

    pub(super) fn invalid_state(&self) -> KmsError {
        KmsError::InvalidState {
            arn: self.arn.clone(),
            state: self.state.name(),
        }
    }

    /// The error for an operation that needs a key of the other usage.
    pub(super) fn invalid_usage(&self, operation: Operation) -> KmsError {
        KmsError::InvalidKeyUsage {
            arn: self.arn.clone(),
            usage: self.spec.usage().name(),
            operation: operation.name(),
        }
    }

    /// The error for an operation that keys of this spec do not have.
    pub(super) fn unsupported(&self, operation: Operation) -> KmsError {
        KmsError::UnsupportedOperation {
            arn: self.arn.clone(),
            spec: self.spec.name(),
            operation: operation.name(),
        }
    }
}
