//! Other names for keys.

use keyfront_iam::Context;
use keyfront_iam::Requester;
use uuid::Uuid;

use super::calls::Operation;
use super::key_id::check_alias;
use super::stored_key::StoredKey;
use super::{Kms, KmsError};

/// An alias and the key it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasEntry {
    /// With the prefix `alias/`.
    pub name: String,
    /// The alias's own ARN.
    pub arn: String,
    /// The key it stands for.
    pub key_id: Uuid,
}

impl Kms {
    /// Gives a key another name, which must be free.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed for alias or key, a bad or taken name, or no such key.
    pub fn create_alias(
        &self,
        requester: &Requester,
        alias: &str,
        key_id: &str,
    ) -> Result<(), KmsError> {
        self.arrive(Operation::CreateAlias)?;
        check_alias(alias)?;
        let stored = self.find_by_id(key_id)?;
        self.permit_alias(requester, Operation::CreateAlias, alias, &stored)?;
        stored.key.check_not_pending_deletion()?;
        self.store.insert_alias(alias, stored.key.id)
    }

    /// Takes an alias away; its key stays.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed for alias or key, or no such alias.
    pub fn delete_alias(&self, requester: &Requester, alias: &str) -> Result<(), KmsError> {
        self.arrive(Operation::DeleteAlias)?;
        check_alias(alias)?;
        let stored = self.find(alias)?;
        self.permit_alias(requester, Operation::DeleteAlias, alias, &stored)?;
        self.store.remove_alias(alias)
    }

    /// All aliases, or those of one key, sorted by name.
    ///
    /// # Errors
    /// [`KmsError`]: not allowed, or no such key.
    pub fn list_aliases(
        &self,
        requester: &Requester,
        key_id: Option<&str>,
    ) -> Result<Vec<AliasEntry>, KmsError> {
        self.arrive(Operation::ListAliases)?;
        self.permit_without_key(requester, Operation::ListAliases, "*")?;
        let only = match key_id {
            Some(key_id) => Some(self.find_by_id(key_id)?.key.id),
            None => None,
        };
        let entries = self.store.aliases().into_iter();
        let wanted = entries.filter(|(_, id)| only.is_none_or(|only| only == *id));
        Ok(wanted
            .map(|(name, key_id)| AliasEntry {
                arn: self.account().alias_arn(&name),
                name,
                key_id,
            })
            .collect())
    }

    /// An alias operation needs permission twice: on the alias and on the key.
    fn permit_alias(
        &self,
        requester: &Requester,
        operation: Operation,
        alias: &str,
        stored: &StoredKey,
    ) -> Result<(), KmsError> {
        let alias_arn = self.account().alias_arn(alias);
        self.permit_without_key(requester, operation, &alias_arn)?;
        self.permit(requester, operation, stored, Context::new())
    }
}
