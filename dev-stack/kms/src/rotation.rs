//! The switch for yearly rotation, kept and reported; see [`super::Key`] on why nothing rotates.

use keyfront_iam::Context;
use keyfront_iam::Requester;

use super::calls::Operation;
use super::key::Rotation;
use super::key_spec::KeySpec;
use super::{Kms, KmsError};

impl Kms {
    /// Notes that the key is to be rotated yearly.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, no such key, disabled, pending deletion, or asymmetric.
    pub fn enable_key_rotation(&self, requester: &Requester, key_id: &str) -> Result<(), KmsError> {
        self.switch_rotation(
            requester,
            Operation::EnableKeyRotation,
            key_id,
            Rotation::Yearly,
        )
    }

    /// Notes that the key is not to be rotated.
    ///
    /// # Errors
    /// As [`Kms::enable_key_rotation`].
    pub fn disable_key_rotation(
        &self,
        requester: &Requester,
        key_id: &str,
    ) -> Result<(), KmsError> {
        self.switch_rotation(
            requester,
            Operation::DisableKeyRotation,
            key_id,
            Rotation::Off,
        )
    }

    /// Whether yearly rotation was requested; never of an asymmetric key.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, or no such key.
    pub fn key_rotation_enabled(
        &self,
        requester: &Requester,
        key_id: &str,
    ) -> Result<bool, KmsError> {
        let operation = Operation::GetKeyRotationStatus;
        self.arrive(operation)?;
        let stored = self.find_by_id(key_id)?;
        self.permit(requester, operation, &stored, Context::new())?;
        Ok(stored.key.rotation == Rotation::Yearly)
    }

    fn switch_rotation(
        &self,
        requester: &Requester,
        operation: Operation,
        key_id: &str,
        rotation: Rotation,
    ) -> Result<(), KmsError> {
        self.change(requester, operation, key_id, |key| {
            key.check_usable()?;
            if key.spec != KeySpec::SymmetricDefault {
                return Err(key.unsupported(operation));
            }
            key.rotation = rotation;
            Ok(())
        })
        .map(drop)
    }
}
