//! What the configuration says about customer keys (SSE-C). Not the keys: those are in SSM.

use keyfront_names::ParameterArn;

use super::{
    SSM_ENDPOINT,
    endpoint::endpoint,
    error::{ConfigError, invalid},
};

/// ARN of the SSM SecureString that holds the system's customer key, 32 bytes in base64 (optional; without it, objects are
/// written with `sse-c` by publishers with a key of their own alone).
pub const CUSTOMER_KEY_PARAMETER: &str = "KEYFRONT_CUSTOMER_KEY_PARAMETER";

/// Where customer keys are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerKeySettings {
    /// The system's.
    pub parameter: Option<ParameterArn>,
    /// SSM endpoint override.
    pub ssm_endpoint: Option<String>,
}

impl CustomerKeySettings {
    pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let parameter = optional(CUSTOMER_KEY_PARAMETER).map(|arn| {
            ParameterArn::parse(&arn).map_err(|_| {
                invalid(
                    CUSTOMER_KEY_PARAMETER,
                    "expected the ARN of an SSM parameter, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME",
                )
            })
        });
        Ok(Self {
            parameter: parameter.transpose()?,
            ssm_endpoint: optional(SSM_ENDPOINT)
                .map(|url| endpoint(SSM_ENDPOINT, url))
                .transpose()?,
        })
    }
}
