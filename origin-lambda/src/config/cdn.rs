//! What the configuration says about the CDN in front of the bucket: how its paths name objects, and how it is
//! invalidated.

use keyfront_names::ParameterArn;

use super::{
    endpoint::endpoint,
    error::{ConfigError, invalid},
};

/// ARN of the SSM parameter that holds the distribution's id (optional; without it the CDN is not invalidated).
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

/// The CDN and how to invalidate it.
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

impl CdnSettings {
    pub(super) fn read(
        optional: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(distribution_parameter) = optional(DISTRIBUTION_PARAMETER) else {
            return Ok(None);
        };
        let url = |name| optional(name).map(|url| endpoint(name, url)).transpose();
        Ok(Some(Self {
            distribution_parameter: ParameterArn::parse(&distribution_parameter).map_err(|_| {
                invalid(DISTRIBUTION_PARAMETER, "write the ARN of an SSM parameter")
            })?,
            site_prefix: optional(SITE_PREFIX),
            site_index: optional(SITE_INDEX),
            cloudfront_endpoint: url(CLOUDFRONT_ENDPOINT)?,
            ssm_endpoint: url(SSM_ENDPOINT)?,
        }))
    }
}
