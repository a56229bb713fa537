//! SSM's `GetParameter`.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderName, header::CONTENT_TYPE};
use keyfront_aws_call::{AwsError, Call, Patience, Service};
use keyfront_names::host;
use serde::Deserialize;
use serde_json::json;

use crate::config::CdnSettings;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// SSM's API where the settings' parameter is.
pub(super) struct Ssm(Service);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameterResult {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
}

impl Ssm {
    pub(super) fn new(settings: &CdnSettings, credentials: SharedCredentialsProvider) -> Self {
        let region = settings.distribution_parameter.region().to_owned();
        let endpoint = settings.ssm_endpoint.clone();
        let endpoint =
            endpoint.unwrap_or_else(|| format!("https://{}", host::of_service("ssm", &region)));
        Self(Service::new(
            "ssm",
            region,
            &endpoint,
            credentials,
            Patience::REQUEST,
        ))
    }

    /// The value of a parameter.
    pub(super) async fn get_parameter(&self, name: &str) -> Result<String, AwsError> {
        let call = Call {
            path: "/".to_owned(),
            headers: vec![
                (CONTENT_TYPE, "application/x-amz-json-1.1".into()),
                (TARGET, "AmazonSSM.GetParameter".into()),
            ],
            body: json!({"Name": name}).to_string().into_bytes(),
        };
        let reply = self.0.call(&call).await?;
        let result: GetParameterResult =
            serde_json::from_slice(&reply.body).map_err(|error| AwsError::Reply(error.into()))?;
        Ok(result.parameter.value)
    }
}
