//! Which key a call means, and whether its caller may do that with it.

use std::sync::Arc;

use keyfront_iam::{Account, Requester};
use keyfront_iam::{Call, Context, ResourcePolicy};

use super::calls::Operation;
use super::key_id::KeyName;
use super::key_spec::KeySpec;
use super::stored_key::StoredKey;
use super::{EncryptionContext, Kms, KmsError};

impl Kms {
    /// Answers whether `operation` would be allowed and possible with the key, without doing or counting
    /// it: for services that hold a bucket-level data key and still authorize every caller.
    ///
    /// Returns the key's ARN.
    ///
    /// # Errors
    /// As the operation itself.
    pub fn authorize(
        &self,
        requester: &Requester,
        operation: Operation,
        key_id: &str,
        context: &EncryptionContext,
    ) -> Result<String, KmsError> {
        let stored = self.usable(requester, operation, key_id, context)?;
        Ok(stored.key.arn.clone())
    }

    pub(super) fn account_id(&self) -> &str {
        self.account().id()
    }

    pub(super) fn account(&self) -> &Account {
        self.iam.account()
    }

    /// The key, if the caller may encrypt or decrypt with it, and it can.
    pub(super) fn usable(
        &self,
        requester: &Requester,
        operation: Operation,
        key_id: &str,
        context: &EncryptionContext,
    ) -> Result<Arc<StoredKey>, KmsError> {
        context.check()?;
        let conditions = context.add_to(Context::new());
        let conditions = conditions.with("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
        let stored = self.usable_under(requester, operation, key_id, conditions)?;
        stored.encryption_key(operation)?;
        Ok(stored)
    }

    /// The key of any usage, if the caller may use it under these conditions and it can be used: permission is checked
    /// before the state.
    pub(super) fn usable_under(
        &self,
        requester: &Requester,
        operation: Operation,
        key_id: &str,
        conditions: Context,
    ) -> Result<Arc<StoredKey>, KmsError> {
        let stored = self.find(key_id)?;
        let conditions = match KeyName::parse(key_id, self.account())? {
            KeyName::Alias(alias) => conditions.with("kms:RequestAlias", alias),
            KeyName::Id(_) => conditions,
        };
        self.permit(requester, operation, &stored, conditions)?;
        stored.key.check_usable()?;
        Ok(stored)
    }

    pub(super) fn find(&self, key_id: &str) -> Result<Arc<StoredKey>, KmsError> {
        let name = KeyName::parse(key_id, self.account())?;
        let found = self.store.find(&name, self.clock.now());
        found.ok_or_else(|| KmsError::NotFound(key_id.to_owned()))
    }

    /// Authorizes an operation on a key by the caller's policies and the key's.
    pub(super) fn permit(
        &self,
        requester: &Requester,
        operation: Operation,
        stored: &StoredKey,
        conditions: Context,
    ) -> Result<(), KmsError> {
        let conditions = spec_conditions(stored.key.spec, conditions);
        let context = self
            .caller_conditions(requester, conditions)
            .with_all("kms:ResourceAliases", self.store.aliases_of(stored.key.id));
        let call = Call {
            requester,
            action: operation.action(),
            resource: &stored.key.arn,
            context: &context,
        };
        self.iam
            .authorize(&call, ResourcePolicy::Key(&stored.policy))?;
        Ok(())
    }

    /// Authorizes making a key of this spec.
    pub(super) fn permit_creation(
        &self,
        requester: &Requester,
        spec: KeySpec,
    ) -> Result<(), KmsError> {
        let conditions = spec_conditions(spec, Context::new());
        self.permit_by_identity(requester, Operation::CreateKey, "*", conditions)
    }

    /// Authorizes an operation on no key in particular by the caller's policies alone.
    pub(super) fn permit_without_key(
        &self,
        requester: &Requester,
        operation: Operation,
        resource: &str,
    ) -> Result<(), KmsError> {
        self.permit_by_identity(requester, operation, resource, Context::new())
    }

    fn permit_by_identity(
        &self,
        requester: &Requester,
        operation: Operation,
        resource: &str,
        conditions: Context,
    ) -> Result<(), KmsError> {
        let context = self.caller_conditions(requester, conditions);
        let call = Call {
            requester,
            action: operation.action(),
            resource,
            context: &context,
        };
        self.iam.authorize(&call, ResourcePolicy::None)?;
        Ok(())
    }

    fn caller_conditions(&self, requester: &Requester, conditions: Context) -> Context {
        let account = requester.principal.account().map(str::to_owned);
        conditions
            .with_all("kms:CallerAccount", account)
            .with_all("kms:ViaService", requester.via_service.clone())
    }
}

/// The condition keys policies see of a key's kind.
fn spec_conditions(spec: KeySpec, conditions: Context) -> Context {
    conditions
        .with("kms:KeySpec", spec.name())
        .with("kms:KeyUsage", spec.usage().name())
        .with("kms:KeyOrigin", "AWS_KMS")
        .with("kms:MultiRegion", "false")
}
