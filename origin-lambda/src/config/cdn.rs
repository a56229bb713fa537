//! What the configuration says about the CDN in front of the bucket: how its paths name objects, and how it is told
//! of changes.

use std::fmt;

use super::{ConfigError, endpoint, invalid, is_account, split_arn};

/// ARN of the SSM parameter that holds the distribution's id (optional; without it changes are not told to the CDN).
///
/// The id is not an environment variable because the distribution names the function and cannot exist before it.
pub const DISTRIBUTION_PARAMETER: &str = "KEYFRONT_DISTRIBUTION_PARAMETER";
/// The site's key prefix: what the edge puts before a viewer's path (optional; none).
pub const SITE_PREFIX: &str = "KEYFRONT_SITE_PREFIX";
/// The site's index document (optional; none).
pub const SITE_INDEX: &str = "KEYFRONT_SITE_INDEX";
/// Another CloudFront endpoint than AWS's (optional; local stacks).
pub const CLOUDFRONT_ENDPOINT: &str = "KEYFRONT_CLOUDFRONT_ENDPOINT";
/// Another SSM endpoint than AWS's (optional; local stacks).
pub const SSM_ENDPOINT: &str = "KEYFRONT_SSM_ENDPOINT";

/// The CDN and how to tell it of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdnSettings {
    /// SSM parameter with the distribution's id.
    pub distribution_parameter: ParameterArn,
    /// What the edge puts before a viewer's path.
    pub site_prefix: Option<String>,
    /// What the edge puts behind a path that ends with a slash.
    pub site_index: Option<String>,
    /// CloudFront endpoint override.
    pub cloudfront_endpoint: Option<String>,
    /// SSM endpoint override.
    pub ssm_endpoint: Option<String>,
}

/// The ARN of an SSM parameter: `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME`.
///
/// A bare name is refused: it would be looked for in the bucket's Region, and the distribution's parameter is where
/// the CDN's part of the stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterArn {
    arn: String,
    region: String,
}

impl ParameterArn {
    /// # Errors
    /// Anything that is not the ARN of a parameter.
    pub fn parse(arn: &str) -> Result<Self, ConfigError> {
        match split_arn(arn) {
            Some([_, "ssm", region, account, resource])
                if !region.is_empty()
                    && is_account(account)
                    && resource
                        .strip_prefix("parameter/")
                        .is_some_and(|name| !name.is_empty()) =>
            {
                Ok(Self {
                    arn: arn.to_owned(),
                    region: region.to_owned(),
                })
            }
            _ => Err(invalid(
                DISTRIBUTION_PARAMETER,
                "write the ARN of an SSM parameter",
            )),
        }
    }

    /// The whole ARN, which SSM takes as a name.
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// Where the parameter is.
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl fmt::Display for ParameterArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl CdnSettings {
    pub(super) fn read(
        optional: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(distribution_parameter) = optional(DISTRIBUTION_PARAMETER) else {
            return Ok(None);
        };
        let url = |name| optional(name).map(|url| endpoint(name, url)).transpose();
        Ok(Some(Self {
            distribution_parameter: ParameterArn::parse(&distribution_parameter)?,
            site_prefix: optional(SITE_PREFIX),
            site_index: optional(SITE_INDEX),
            cloudfront_endpoint: url(CLOUDFRONT_ENDPOINT)?,
            ssm_endpoint: url(SSM_ENDPOINT)?,
        }))
    }
}
