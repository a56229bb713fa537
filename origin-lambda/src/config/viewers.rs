//! What the configuration says about links of the CDN: where it is written how the CDN admits viewers, and the key that
//! signs.

use keyfront_names::{KeyArn, ParameterArn};

use super::{
    SSM_ENDPOINT,
    endpoint::endpoint,
    error::{ConfigError, invalid},
};

/// ARN of the SSM parameter that holds the CDN's address, the id of the public key and the protected prefixes, as JSON
/// (optional; without it, shares are presigned requests to S3).
///
/// It is not an environment variable because the distribution names the function and cannot exist before it.
pub const VIEWERS_PARAMETER: &str = "KEYFRONT_VIEWERS_PARAMETER";
/// ARN of the KMS key whose public half the CDN trusts, of the spec ECC_NIST_P256 or RSA_2048 (with `KEYFRONT_VIEWERS_PARAMETER`).
pub const VIEWER_SIGNING_KEY: &str = "KEYFRONT_VIEWER_SIGNING_KEY";

/// How links of the CDN are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerSettings {
    /// SSM parameter with the CDN's side ([`ViewersParameter`](keyfront_origin_core::sharing::ViewersParameter)).
    pub parameter: ParameterArn,
    /// The key that signs.
    pub signing_key: KeyArn,
    /// SSM endpoint override.
    pub ssm_endpoint: Option<String>,
}

impl ViewerSettings {
    pub(super) fn read(
        optional: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let (parameter, signing_key) = match (
            optional(VIEWERS_PARAMETER),
            optional(VIEWER_SIGNING_KEY),
        ) {
            (None, None) => return Ok(None),
            (Some(parameter), Some(signing_key)) => (parameter, signing_key),
            (Some(_), None) => {
                return Err(ConfigError::Missing(
                    VIEWER_SIGNING_KEY,
                    "the ARN of the KMS key that signs for viewers, or leave KEYFRONT_VIEWERS_PARAMETER out too",
                ));
            }
            (None, Some(_)) => {
                return Err(ConfigError::Missing(
                    VIEWERS_PARAMETER,
                    "the ARN of the SSM parameter about viewers, or leave KEYFRONT_VIEWER_SIGNING_KEY out too",
                ));
            }
        };
        Ok(Some(Self {
            parameter: ParameterArn::parse(&parameter)
                .map_err(|_| invalid(VIEWERS_PARAMETER, "write the ARN of an SSM parameter"))?,
            signing_key: KeyArn::parse(&signing_key).map_err(|_| {
                invalid(
                    VIEWER_SIGNING_KEY,
                    "write the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
                )
            })?,
            ssm_endpoint: optional(SSM_ENDPOINT)
                .map(|url| endpoint(SSM_ENDPOINT, url))
                .transpose()?,
        }))
    }
}
