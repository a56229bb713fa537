//! ARNs: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, taken apart once.
//!
//! Source: IAM User Guide, "Amazon Resource Names".

mod regional;
mod role;

use alloc::string::String;

pub use self::{
    regional::{KeyArn, ParameterArn},
    role::RoleArn,
};
use crate::region::Partition;

/// Why a text is not an ARN, or not one of the kind that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// Not six fields of printable ASCII beginning with `arn`.
    #[error("not an ARN, which has the form arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")]
    Form,
    /// The ARN of something else.
    #[error("not an ARN of the form {expected}")]
    Kind {
        /// The form that is needed.
        expected: &'static str,
    },
}

/// The fields of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: &'a str,
    /// As in `kms`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits, or empty.
    pub account: &'a str,
    /// The rest; it may hold colons and slashes.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart. Fields may be empty, as S3's ARNs have no Region and account.
    ///
    /// # Errors
    /// [`ArnError::Form`].
    pub fn parse(text: &'a str) -> Result<Self, ArnError> {
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().ok_or(ArnError::Form);
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if next()? != "arn" || !printable {
            return Err(ArnError::Form);
        }
        Ok(Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        })
    }

    /// The name of a Lambda function, from its own ARN or that of one of its versions:
    /// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`.
    #[must_use]
    pub fn function(&self) -> Option<&'a str> {
        let mut parts = self.resource.split(':');
        let is_function = self.service == "lambda" && parts.next() == Some("function");
        parts.next().filter(|name| is_function && !name.is_empty())
    }

    /// The name of an S3 bucket: `arn:PARTITION:s3:::NAME`.
    #[must_use]
    pub fn bucket(&self) -> Option<&'a str> {
        let is_bucket = self.service == "s3"
            && self.region.is_empty()
            && self.account.is_empty()
            && !self.resource.is_empty()
            && !self.resource.contains('/');
        is_bucket.then_some(self.resource)
    }
}

/// The ARN of a bucket: `arn:PARTITION:s3:::NAME`. Its objects' begin with it and a slash.
#[must_use]
pub fn of_bucket(partition: Partition, bucket: &str) -> String {
    ["arn:", partition.as_str(), ":s3:::", bucket].concat()
}

/// Whether a key as S3 and KMS take it, by its id or its ARN, is the key with this ARN. `None` for an alias, which only KMS
/// can look up.
#[must_use]
pub fn is_key(named: &str, arn: &str) -> Option<bool> {
    if named.contains("alias/") {
        return None;
    }
    if Arn::parse(named).is_ok() {
        return Some(named == arn);
    }
    let id = Arn::parse(arn).ok()?.resource.strip_prefix("key/")?;
    Some(id == named)
}

/// Whether `text` is an account id: twelve digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
