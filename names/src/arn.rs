//! ARNs: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, taken apart once, and the kinds Keyfront is configured with.
//!
//! Source: IAM User Guide, "Amazon Resource Names".

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

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

/// A type for the ARNs of one kind of resource, which has a Region, an account and an id behind a prefix.
macro_rules! regional_arn {
    ($(#[$doc:meta])* $name:ident: $service:literal, $prefix:literal, $form:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            arn: String,
            region: String,
        }

        impl $name {
            /// The form of these ARNs.
            pub const FORM: &'static str = $form;

            /// # Errors
            /// [`ArnError`] for anything that does not have [`Self::FORM`].
            pub fn parse(text: &str) -> Result<Self, ArnError> {
                let arn = regional(text, $service, $prefix, Self::FORM)?;
                Ok(Self {
                    arn: text.to_owned(),
                    region: arn.region.to_owned(),
                })
            }

            /// The whole ARN.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.arn
            }

            /// The Region of the resource.
            #[must_use]
            pub fn region(&self) -> &str {
                &self.region
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.arn)
            }
        }
    };
}

regional_arn! {
    /// The ARN of a KMS key.
    ///
    /// Aliases are refused: they resolve in the caller's account, and S3 answers with the key's ARN, so that an alias
    /// could not be verified.
    KeyArn: "kms", "key/", "arn:aws:kms:REGION:ACCOUNT:key/ID"
}

regional_arn! {
    /// The ARN of an SSM parameter, which SSM takes as a name.
    ///
    /// A bare name is refused: it would be looked up in the caller's Region.
    ParameterArn: "ssm", "parameter/", "arn:aws:ssm:REGION:ACCOUNT:parameter/NAME"
}

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

/// An ARN of `service` with a Region, an account and a resource that begins with `prefix` and goes on.
fn regional<'a>(
    text: &'a str,
    service: &str,
    prefix: &str,
    expected: &'static str,
) -> Result<Arn<'a>, ArnError> {
    let arn = Arn::parse(text)?;
    let named = arn
        .resource
        .strip_prefix(prefix)
        .is_some_and(|id| !id.is_empty());
    if arn.service == service
        && crate::Region::is_name(arn.region)
        && is_account_id(arn.account)
        && named
    {
        Ok(arn)
    } else {
        Err(ArnError::Kind { expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_fields_and_the_last_keeps_its_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:123456789012:log-group:a:*").unwrap();
        assert_eq!(arn.resource, "log-group:a:*");
        assert_eq!(Arn::parse("arn:aws:s3:::b/k").unwrap().account, "");
        for text in [
            "",
            "arn",
            "arn:aws:s3::b",
            "urn:aws:s3:::b",
            "arn:aws:s3:::b k",
            "arn:aws:s3:::é",
        ] {
            assert_eq!(Arn::parse(text), Err(ArnError::Form), "{text}");
        }
    }

    #[test]
    fn functions_and_buckets_are_named_by_their_arns() {
        let function = |text| Arn::parse(text).unwrap().function();
        let version = "arn:aws:lambda:us-east-1:123456789012:function:edge:7";
        assert_eq!(function(version), Some("edge"));
        assert_eq!(function(&version[..version.len() - 2]), Some("edge"));
        for other in [
            "arn:aws:lambda:us-east-1:123456789012:layer:edge:7",
            "arn:aws:lambda:us-east-1:123456789012:function:",
            "arn:aws:lambda:us-east-1:123456789012:function",
            "arn:aws:logs:us-east-1:123456789012:function:edge",
        ] {
            assert_eq!(function(other), None, "{other}");
        }
        let bucket = |text| Arn::parse(text).unwrap().bucket();
        for (partition, name) in [(Partition::Standard, "aws"), (Partition::China, "aws-cn")] {
            let arn = of_bucket(partition, "media");
            assert_eq!(arn, alloc::format!("arn:{name}:s3:::media"));
            assert_eq!(Arn::parse(&arn).unwrap().bucket(), Some("media"));
        }
        for other in [
            "arn:aws:s3:::media/a",
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/a",
            "arn:aws:s3:::",
            "arn:aws:sqs:::media",
        ] {
            assert_eq!(bucket(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_is_known_by_its_id_and_its_arn_and_an_alias_is_nobodys() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/abc";
        for (named, same) in [
            (key, Some(true)),
            ("abc", Some(true)),
            ("abd", Some(false)),
            ("", Some(false)),
            ("arn:aws:kms:us-east-1:123456789012:key/abc", Some(false)),
            ("alias/mine", None),
            ("arn:aws:kms:eu-west-1:123456789012:alias/mine", None),
        ] {
            assert_eq!(is_key(named, key), same, "{named}");
        }
    }

    #[test]
    fn keys_and_parameters_need_region_account_and_id() {
        let key = KeyArn::parse("arn:aws-cn:kms:cn-north-1:123456789012:key/1").unwrap();
        assert_eq!(key.region(), "cn-north-1");
        for text in [
            "arn:aws:kms:eu-west-1:123456789012:alias/a",
            "arn:aws:kms::123456789012:key/1",
            "arn:aws:kms:eu-west-1:12:key/1",
            "arn:aws:kms:eu-west-1:123456789012:key/",
            "arn:aws:ssm:eu-west-1:123456789012:key/1",
        ] {
            assert_eq!(
                KeyArn::parse(text),
                Err(ArnError::Kind {
                    expected: KeyArn::FORM
                }),
                "{text}"
            );
        }
        assert!(ParameterArn::parse("arn:aws:ssm:us-east-1:123456789012:parameter/a/b").is_ok());
        assert!(ParameterArn::parse("arn:aws:ssm:us-east-1:123456789012:parameter/").is_err());
    }

    #[test]
    fn a_role_knows_its_sessions_and_no_others() {
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/keyfront/edge").unwrap();
        assert_eq!(role.name(), "edge");
        assert!(role.is_session("arn:aws:sts::123456789012:assumed-role/edge/us-east-1.signer"));
        for other in [
            "",
            "arn:aws:iam::123456789012:role/keyfront/edge",
            "arn:aws:sts::123456789012:assumed-role/edge",
            "arn:aws:sts::123456789012:assumed-role/edge/",
            "arn:aws:sts::123456789012:assumed-role/edge/a/b",
            "arn:aws:sts::123456789012:assumed-role/edges/a",
            "arn:aws:sts::210987654321:assumed-role/edge/a",
            "arn:aws-cn:sts::123456789012:assumed-role/edge/a",
            "arn:aws:sts::123456789012:federated-user/edge/a",
        ] {
            assert!(!role.is_session(other), "{other}");
        }
    }

    #[test]
    fn a_role_is_global_and_has_an_account_and_a_name() {
        let text = "arn:aws:iam::123456789012:role/keyfront/edge";
        let role = RoleArn::parse(text).unwrap();
        assert_eq!(role.as_str(), text);
        assert_eq!(role.account(), "123456789012");
        for other in [
            "arn:aws:iam::123456789012:user/edge",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:sts::123456789012:role/edge",
            "arn:aws:iam:us-east-1:123456789012:role/edge",
            "arn:aws:iam::12345:role/edge",
        ] {
            assert_eq!(
                RoleArn::parse(other),
                Err(ArnError::Kind {
                    expected: RoleArn::FORM
                }),
                "{other}"
            );
        }
    }
}
