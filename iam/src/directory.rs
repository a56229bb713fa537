//! The users and roles of the account, and the one question every service asks: is this call allowed?

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use thiserror::Error;

use super::denial::{Denial, DenialReason};
use super::document::Policy;
use super::evaluation::{self, Call, ResourcePolicy};
use super::facts::Facts;
use super::policy_kind::PolicyKind;
use crate::identity::{Account, Principal};

/// A role: who may assume it, and what its sessions may do.
#[derive(Debug, Clone)]
pub struct Role {
    /// The role's name, unique in the account; its path is `/`.
    pub name: String,
    /// Who may assume it: a [`PolicyKind::Trust`] policy.
    pub trust: Policy,
    /// What its sessions may do: [`PolicyKind::Identity`] policies.
    pub policies: Vec<Policy>,
    /// The longest session it gives; AWS allows 1 to 12 hours.
    pub longest_session: Duration,
}

/// A user with long-lived keys.
#[derive(Debug, Clone)]
pub struct User {
    /// The user's name, unique in the account; its path is `/`.
    pub name: String,
    /// What it may do: [`PolicyKind::Identity`] policies.
    pub policies: Vec<Policy>,
}

/// A role or user that cannot be taken into the directory; whoever configures the stack corrects it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IamError {
    /// Names have 1 to 64 of the characters `A-Za-z0-9+=,.@_-`.
    #[error(
        "invalid name {0:?} for a role or user: 1 to 64 of the characters A-Za-z0-9+=,.@_- are allowed"
    )]
    Name(String),
    /// A policy of the wrong kind was given, such as an identity policy as trust policy.
    #[error("{name:?} has a policy of kind {found:?}, expected {expected:?}")]
    Kind {
        /// The role or user.
        name: String,
        /// The kind that belongs there.
        expected: PolicyKind,
        /// The kind that was given.
        found: PolicyKind,
    },
}

/// The account's directory of principals and the gate to its evaluator.
#[derive(Debug)]
pub struct Iam {
    account: Account,
    roles: RwLock<HashMap<String, Arc<Role>>>,
    users: RwLock<HashMap<String, Arc<User>>>,
}

impl Iam {
    /// An empty directory: nobody may do anything.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            roles: RwLock::default(),
            users: RwLock::default(),
        }
    }

    /// The account all principals and resources belong to.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Adds a role, or replaces the one of the same name.
    ///
    /// # Errors
    /// [`IamError`] if the name or the kind of a policy is wrong; the directory is then unchanged.
    pub fn put_role(&self, role: Role) -> Result<(), IamError> {
        check_name(&role.name)?;
        check_kind(&role.name, &role.trust, PolicyKind::Trust)?;
        for policy in &role.policies {
            check_kind(&role.name, policy, PolicyKind::Identity)?;
        }
        let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        roles.insert(role.name.clone(), Arc::new(role));
        Ok(())
    }

    /// Adds a user, or replaces the one of the same name.
    ///
    /// # Errors
    /// As [`Iam::put_role`].
    pub fn put_user(&self, user: User) -> Result<(), IamError> {
        check_name(&user.name)?;
        for policy in &user.policies {
            check_kind(&user.name, policy, PolicyKind::Identity)?;
        }
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        users.insert(user.name.clone(), Arc::new(user));
        Ok(())
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<Arc<Role>> {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        roles.get(name).cloned()
    }

    /// Authorizes a call by the caller's policies and the resource's.
    ///
    /// # Errors
    /// [`Denial`] unless the policies allow the call.
    pub fn authorize(
        &self,
        call: &Call<'_>,
        resource_policy: ResourcePolicy<'_>,
    ) -> Result<(), Denial> {
        let facts = Facts::of(call.requester, call.context, &self.account);
        let unknown = || call.denied(DenialReason::UnknownPrincipal);
        let principal = &call.requester.principal;
        if principal
            .account()
            .is_some_and(|id| id != self.account.id())
        {
            return Err(unknown());
        }
        match principal {
            Principal::User { name, .. } => {
                let user = self.user(name).ok_or_else(unknown)?;
                evaluation::evaluate(call, &facts, &user.policies, resource_policy)
            }
            Principal::AssumedRole { role, .. } => {
                let role = self.role(role).ok_or_else(unknown)?;
                evaluation::evaluate(call, &facts, &role.policies, resource_policy)
            }
            Principal::Service { .. } => evaluation::evaluate(call, &facts, &[], resource_policy),
        }
    }

    fn user(&self, name: &str) -> Option<Arc<User>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.get(name).cloned()
    }
}

fn check_name(name: &str) -> Result<(), IamError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(IamError::Name(name.to_owned()))
    }
}

fn check_kind(name: &str, policy: &Policy, expected: PolicyKind) -> Result<(), IamError> {
    if policy.kind() == expected {
        return Ok(());
    }
    Err(IamError::Kind {
        name: name.to_owned(),
        expected,
        found: policy.kind(),
    })
}
