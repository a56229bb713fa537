//! Making keys, changing their state and policy, and describing them.

use std::sync::Arc;
use std::time::Duration;

use keyfront_iam::Requester;
use keyfront_iam::{Call, Context, ResourcePolicy};
use uuid::Uuid;

use super::calls::Operation;
use super::key::Rotation;
use super::key_id::KeyName;
use super::key_policy;
use super::key_spec::KeySpec;
use super::material::KeyMaterial;
use super::stored_key::StoredKey;
use super::{Key, KeyState, Kms, KmsError};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// AWS's limit for descriptions, in characters.
const MAX_DESCRIPTION: usize = 8192;

/// What a new key is made from.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// What it is made of, and so what it is for; symmetric by default.
    pub spec: KeySpec,
    /// Free text.
    pub description: String,
    /// The key policy's JSON; without one the account decides.
    pub policy: Option<String>,
    /// Whether a policy under which the caller could not change it again is refused.
    pub lockout: LockoutCheck,
}

/// Whether a key policy that locks its author out is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockoutCheck {
    /// It is refused.
    #[default]
    Made,
    /// It is accepted: `BypassPolicyLockoutSafetyCheck`.
    Bypassed,
}

impl Kms {
    /// Makes an enabled key. An RSA key takes part of a second.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, a policy that is not understood or locks the caller out, or the state.
    pub fn create_key(&self, requester: &Requester, new: NewKey) -> Result<Key, KmsError> {
        self.arrive(Operation::CreateKey)?;
        self.permit_creation(requester, new.spec)?;
        if new.description.chars().count() > MAX_DESCRIPTION {
            return Err(KmsError::Validation(format!(
                "Description is longer than {MAX_DESCRIPTION} characters"
            )));
        }
        let default = || key_policy::default_policy(self.account());
        let policy = new.policy.unwrap_or_else(default);
        let id = Uuid::new_v4();
        let now = self.clock.now();
        let key = Key {
            id,
            arn: self.account().key_arn(&id.to_string()),
            description: new.description,
            created_at: now,
            state: KeyState::Enabled,
            spec: new.spec,
            rotation: Rotation::Off,
            policy,
        };
        if new.lockout == LockoutCheck::Made {
            self.check_not_locked_out(requester, &key.arn, &key.policy)?;
        }
        let stored = StoredKey {
            policy: key_policy::parse(&key.policy)?,
            material: KeyMaterial::random(new.spec)?.into(),
            key: key.clone(),
        };
        self.store.insert(stored, now)?;
        Ok(key)
    }

    /// A key's record.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, or no such key.
    pub fn describe_key(&self, requester: &Requester, key_id: &str) -> Result<Key, KmsError> {
        self.arrive(Operation::DescribeKey)?;
        let stored = self.find(key_id)?;
        self.permit(requester, Operation::DescribeKey, &stored, Context::new())?;
        Ok(stored.key.clone())
    }

    /// All keys, sorted by id.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed.
    pub fn list_keys(&self, requester: &Requester) -> Result<Vec<Key>, KmsError> {
        self.arrive(Operation::ListKeys)?;
        self.permit_without_key(requester, Operation::ListKeys, "*")?;
        let keys = self.store.keys(self.clock.now());
        Ok(keys.iter().map(|stored| stored.key.clone()).collect())
    }

    /// Makes a disabled key usable.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, no such key, or pending deletion.
    pub fn enable_key(&self, requester: &Requester, key_id: &str) -> Result<(), KmsError> {
        self.change(requester, Operation::EnableKey, key_id, |key| {
            key.check_not_pending_deletion()?;
            key.state = KeyState::Enabled;
            Ok(())
        })
        .map(drop)
    }

    /// Makes a key unusable until it is enabled again.
    ///
    /// # Errors
    /// As [`Kms::enable_key`].
    pub fn disable_key(&self, requester: &Requester, key_id: &str) -> Result<(), KmsError> {
        self.change(requester, Operation::DisableKey, key_id, |key| {
            key.check_not_pending_deletion()?;
            key.state = KeyState::Disabled;
            Ok(())
        })
        .map(drop)
    }

    /// Makes a key unusable at once, and destroys its material after 7 to 30 days.
    ///
    /// # Errors
    /// As [`Kms::enable_key`]; [`KmsError::Validation`] for another number of days.
    pub fn schedule_key_deletion(
        &self,
        requester: &Requester,
        key_id: &str,
        days: u32,
    ) -> Result<Key, KmsError> {
        self.arrive(Operation::ScheduleKeyDeletion)?;
        if !(7..=30).contains(&days) {
            return Err(KmsError::Validation(
                "PendingWindowInDays must be between 7 and 30".to_owned(),
            ));
        }
        let stored = self.find_by_id(key_id)?;
        let conditions = Context::new().with(
            "kms:ScheduleKeyDeletionPendingWindowInDays",
            days.to_string(),
        );
        self.permit(
            requester,
            Operation::ScheduleKeyDeletion,
            &stored,
            conditions,
        )?;
        let at = self.clock.now() + days * DAY;
        self.store.update(stored.key.id, |key| {
            key.check_not_pending_deletion()?;
            key.state = KeyState::PendingDeletion { at };
            Ok(())
        })
    }

    /// Keeps a key whose deletion was scheduled; it is disabled then, as in AWS.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, no such key, or not pending deletion.
    pub fn cancel_key_deletion(
        &self,
        requester: &Requester,
        key_id: &str,
    ) -> Result<Key, KmsError> {
        let operation = Operation::CancelKeyDeletion;
        self.change(requester, operation, key_id, |key| match key.state {
            KeyState::PendingDeletion { .. } => {
                key.state = KeyState::Disabled;
                Ok(())
            }
            KeyState::Enabled | KeyState::Disabled => Err(key.invalid_state()),
        })
    }

    /// The key policy as it was given.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, or no such key.
    pub fn key_policy(&self, requester: &Requester, key_id: &str) -> Result<String, KmsError> {
        self.arrive(Operation::GetKeyPolicy)?;
        let stored = self.find_by_id(key_id)?;
        self.permit(requester, Operation::GetKeyPolicy, &stored, Context::new())?;
        Ok(stored.key.policy.clone())
    }

    /// Replaces the key policy. Unless bypassed, the caller must be able to do it again.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, no such key, or a policy that is not understood or locks out.
    pub fn put_key_policy(
        &self,
        requester: &Requester,
        key_id: &str,
        policy: &str,
        lockout: LockoutCheck,
    ) -> Result<(), KmsError> {
        self.arrive(Operation::PutKeyPolicy)?;
        let stored = self.find_by_id(key_id)?;
        self.permit(requester, Operation::PutKeyPolicy, &stored, Context::new())?;
        if lockout == LockoutCheck::Made {
            self.check_not_locked_out(requester, &stored.key.arn, policy)?;
        }
        self.store.update(stored.key.id, |key| {
            policy.clone_into(&mut key.policy);
            Ok(())
        })?;
        Ok(())
    }

    /// Authorizes an operation and changes the key's record by `change`.
    pub(super) fn change(
        &self,
        requester: &Requester,
        operation: Operation,
        key_id: &str,
        change: impl FnOnce(&mut Key) -> Result<(), KmsError>,
    ) -> Result<Key, KmsError> {
        self.arrive(operation)?;
        let stored = self.find_by_id(key_id)?;
        self.permit(requester, operation, &stored, Context::new())?;
        self.store.update(stored.key.id, change)
    }

    /// Operations on the key itself take its id or ARN and no alias.
    pub(super) fn find_by_id(&self, key_id: &str) -> Result<Arc<StoredKey>, KmsError> {
        match KeyName::parse(key_id, self.account())? {
            KeyName::Id(_) => self.find(key_id),
            KeyName::Alias(_) => Err(KmsError::NotFound(key_id.to_owned())),
        }
    }

    /// Refuses a policy under which `requester` could not put another one.
    fn check_not_locked_out(
        &self,
        requester: &Requester,
        key_arn: &str,
        policy: &str,
    ) -> Result<(), KmsError> {
        let policy = key_policy::parse(policy)?;
        let call = Call {
            requester,
            action: Operation::PutKeyPolicy.action(),
            resource: key_arn,
            context: &Context::new(),
        };
        let authorized = self.iam.authorize(&call, ResourcePolicy::Key(&policy));
        authorized.map_err(|_| {
            KmsError::MalformedPolicy(
                "the new key policy will not allow you to update the key policy in the future"
                    .to_owned(),
            )
        })
    }
}
