//! The ARNs of IAM roles, and of the sessions of each.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use super::{Arn, ArnError, is_account_id};

/// The ARN of an IAM role, comparable with the ARNs its sessions have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    arn: String,
    partition: String,
    account: String,
    name: String,
}

impl RoleArn {
    /// The form of these ARNs.
    pub const FORM: &'static str = "arn:aws:iam::ACCOUNT:role/NAME";

    /// Reads `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
    ///
    /// # Errors
    /// Anything that is not the ARN of a role.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let kind = ArnError::Kind {
            expected: Self::FORM,
        };
        let arn = Arn::parse(text)?;
        let name = arn
            .resource
            .strip_prefix("role/")
            .and_then(|path| path.rsplit('/').next())
            .filter(|name| !name.is_empty())
            .ok_or(kind)?;
        if arn.service != "iam" || !arn.region.is_empty() || !is_account_id(arn.account) {
            return Err(kind);
        }
        Ok(Self {
            arn: text.to_owned(),
            partition: arn.partition.to_owned(),
            account: arn.account.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The account's twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The role's name, without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `caller`, as AWS reports a verified caller, is a session of this role:
    /// `arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION`. A role's path is not part of it.
    #[must_use]
    pub fn is_session(&self, caller: &str) -> bool {
        let Ok(arn) = Arn::parse(caller) else {
            return false;
        };
        let mut parts = arn.resource.split('/');
        arn.service == "sts"
            && arn.region.is_empty()
            && arn.partition == self.partition
            && arn.account == self.account
            && parts.next() == Some("assumed-role")
            && parts.next() == Some(self.name.as_str())
            && parts.next().is_some_and(|session| !session.is_empty())
            && parts.next().is_none()
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}
