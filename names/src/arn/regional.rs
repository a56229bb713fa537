//! The ARNs that Keyfront is configured with of resources in a Region: KMS keys and SSM parameters.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use super::{Arn, ArnError, is_account_id};

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
