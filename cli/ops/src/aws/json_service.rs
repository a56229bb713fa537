//! A service of the AWS JSON 1.1 protocol, called without its SDK (docs/decisions/0015-two-calls-without-their-sdks.md).
//!
//! It knows the form of requests and errors, and no operation: those are their users'.

use aws_config::SdkConfig;
use http::{HeaderName, header::CONTENT_TYPE};
use keyfront_aws_call::{AwsError, Call, RetryPolicy, Service};
use keyfront_names::host;
use serde::de::DeserializeOwned;
use serde_json::Value;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// CloudWatch Logs.
    Logs,
    /// Certificate Manager.
    Certificates,
    /// CloudTrail.
    Trails,
    /// Service Quotas.
    Quotas,
    /// Systems Manager's parameters.
    Parameters,
    /// Tags of everything (Resource Groups Tagging API).
    Tags,
}

impl Api {
    /// Its name in hosts and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Certificates => "acm",
            Self::Trails => "cloudtrail",
            Self::Quotas => "servicequotas",
            Self::Parameters => "ssm",
            Self::Tags => "tagging",
        }
    }

    /// What `X-Amz-Target` begins with.
    const fn target(self) -> &'static str {
        match self {
            Self::Logs => "Logs_20140328",
            Self::Certificates => "CertificateManager",
            Self::Trails => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
            Self::Quotas => "ServiceQuotasV20190624",
            Self::Parameters => "AmazonSSM",
            Self::Tags => "ResourceGroupsTaggingAPI_20170126",
        }
    }
}

/// Why a call failed, after all attempts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nobody to call as.
    #[error("no credentials are available")]
    NoCredentials,
    /// The service refused.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's name of the error.
        code: String,
        /// What the service said.
        message: String,
    },
    /// No usable reply.
    #[error(transparent)]
    Failed(AwsError),
}

impl CallError {
    /// AWS's name of the error, of a refusal.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NoCredentials | Self::Failed(_) => None,
        }
    }
}

impl From<AwsError> for CallError {
    fn from(error: AwsError) -> Self {
        match error {
            AwsError::Refused { code, message, .. } if !code.is_empty() => {
                Self::Refused { code, message }
            }
            error => Self::Failed(error),
        }
    }
}

/// A service in one Region.
pub(crate) struct JsonService {
    api: Api,
    service: Option<Service>,
}

impl JsonService {
    /// The service in `region`, or where the configuration's endpoint is.
    pub(crate) fn new(config: &SdkConfig, api: Api, region: &str) -> Self {
        let own = || format!("https://{}", host::of_service(api.name(), region));
        let endpoint = config.endpoint_url().map_or_else(own, str::to_owned);
        let service = config.credentials_provider().map(|credentials| {
            let region = region.to_owned();
            Service::new(
                api.name(),
                region,
                &endpoint,
                credentials,
                RetryPolicy::COMMAND,
            )
        });
        Self { api, service }
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// [`CallError`], that of the last attempt.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: &Value,
    ) -> Result<T, CallError> {
        let service = self.service.as_ref().ok_or(CallError::NoCredentials)?;
        let call = Call {
            path: "/".to_owned(),
            headers: vec![
                (CONTENT_TYPE, "application/x-amz-json-1.1".into()),
                (TARGET, format!("{}.{operation}", self.api.target()).into()),
            ],
            body: input.to_string().into_bytes(),
        };
        let reply = service.call(&call).await?;
        // Operations without output reply nothing at all.
        let body = match reply.body.as_slice() {
            [] => b"{}",
            body => body,
        };
        serde_json::from_slice(body)
            .map_err(|error| CallError::Failed(AwsError::Reply(error.into())))
    }
}
