//! The account and Region the stack plays, and the ARNs that follow from them.

use keyfront_names::{Region, arn::is_account_id};
use thiserror::Error;

/// An AWS account id that is not twelve digits, or a Region name that is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Account ids have exactly twelve digits; correct the configured id.
    #[error("account id {0:?} is not twelve digits")]
    Id(String),
    /// Regions are lower-case letters, digits and hyphens; correct the configured Region.
    #[error("region {0:?} is not a region name")]
    Region(String),
}

/// The account and Region that every local service belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    id: String,
    region: String,
}

impl Account {
    /// An account of twelve digits in a Region such as `eu-central-1`.
    ///
    /// # Errors
    /// [`AccountError`] names the value that has the wrong shape.
    pub fn new(id: &str, region: &str) -> Result<Self, AccountError> {
        if !is_account_id(id) {
            return Err(AccountError::Id(id.to_owned()));
        }
        if !Region::is_name(region) {
            return Err(AccountError::Region(region.to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            region: region.to_owned(),
        })
    }

    /// Twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The Region's name, as in a credential scope.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// `arn:aws:iam::ID:root`, the name by which resource policies delegate to the account.
    pub fn root_arn(&self) -> String {
        root_arn(&self.id)
    }

    /// `arn:aws:iam::ID:role/NAME`
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.id)
    }

    /// `arn:aws:iam::ID:user/NAME`
    pub fn user_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:user/{name}", self.id)
    }

    /// `arn:aws:kms:REGION:ID:key/KEY-ID`
    pub fn key_arn(&self, key_id: &str) -> String {
        format!("arn:aws:kms:{}:{}:key/{key_id}", self.region, self.id)
    }

    /// The ARN of an alias whose name already begins with `alias/`.
    pub fn alias_arn(&self, alias: &str) -> String {
        format!("arn:aws:kms:{}:{}:{alias}", self.region, self.id)
    }
}

pub(crate) fn root_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn account_ids_and_regions_of_the_wrong_shape_are_refused() {
        assert!(Account::new("12345678901", "us-east-1").is_err());
        assert!(Account::new("12345678901a", "us-east-1").is_err());
        assert!(Account::new("123456789012", "").is_err());
        assert!(Account::new("123456789012", "us east").is_err());
        assert!(Account::new("123456789012", "us/east").is_err());
    }

    #[test]
    fn arns_name_account_and_region() {
        let account = Account::new("123456789012", "eu-west-1").unwrap();
        assert_eq!(account.root_arn(), "arn:aws:iam::123456789012:root");
        assert_eq!(account.role_arn("r"), "arn:aws:iam::123456789012:role/r");
        assert_eq!(account.user_arn("u"), "arn:aws:iam::123456789012:user/u");
        assert_eq!(
            account.key_arn("k"),
            "arn:aws:kms:eu-west-1:123456789012:key/k"
        );
        assert_eq!(
            account.alias_arn("alias/a"),
            "arn:aws:kms:eu-west-1:123456789012:alias/a"
        );
    }
}
