//! SSM's `GetParameter`.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.

use std::borrow::Cow;

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderName, header::CONTENT_TYPE};
use keyfront_aws_call::{AwsError, Call, HttpError, RetryPolicy, Service};
use keyfront_contract::Failure;
use keyfront_names::{ParameterArn, host};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::Fault;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// SSM's API in one Region.
pub(crate) struct Ssm(Service);

/// A parameter; wiped on drop, for it may be a secret.
pub(crate) struct Parameter {
    /// `String`, `StringList` or `SecureString`.
    pub(crate) kind: String,
    /// What it holds; of a SecureString, in the clear.
    pub(crate) value: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameterResult<'a> {
    #[serde(borrow)]
    parameter: ParameterResult<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterResult<'a> {
    #[serde(default)]
    r#type: String,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// What a failed call means, for whom a parameter is as much an upstream as S3 is.
pub(crate) fn fault(error: &AwsError) -> Fault {
    match error {
        AwsError::Credentials(_) => Fault::CredentialsMissing,
        AwsError::Signing(_) | AwsError::Request(_) | AwsError::Reply(_) => Fault::Unexpected,
        AwsError::Http(HttpError::Timeout { .. }) | AwsError::Timeout(_) => Fault::Timeout,
        AwsError::Http(_) => Fault::Unavailable,
        // SSM's errors are named as KMS's.
        AwsError::Refused { code, status, .. } => match Failure::of_kms_response(code, *status) {
            Some(Failure::KmsDenied) => Fault::Denied,
            Some(Failure::SignatureRejected) => Fault::SignatureRejected,
            Some(Failure::CredentialsExpired) => Fault::CredentialsExpired,
            Some(Failure::Throttled) => Fault::Throttled,
            Some(Failure::Timeout) => Fault::Timeout,
            Some(failure) if failure.is_transient() => Fault::Unavailable,
            Some(_) | None => Fault::Unexpected,
        },
    }
}

impl Ssm {
    /// The API of the Region where `parameter` is, or another endpoint than AWS's.
    pub(crate) fn of(
        parameter: &ParameterArn,
        endpoint: Option<&str>,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        let region = parameter.region().to_owned();
        let endpoint = endpoint.map_or_else(
            || format!("https://{}", host::of_service("ssm", &region)),
            str::to_owned,
        );
        Self(Service::new(
            "ssm",
            region,
            &endpoint,
            credentials,
            RetryPolicy::REQUEST,
        ))
    }

    /// The parameter of this ARN; a SecureString is decrypted.
    pub(crate) async fn get_parameter(&self, arn: &ParameterArn) -> Result<Parameter, AwsError> {
        let document = json!({"Name": arn.as_str(), "WithDecryption": true});
        let call = Call {
            path: "/".to_owned(),
            headers: vec![
                (CONTENT_TYPE, "application/x-amz-json-1.1".into()),
                (TARGET, "AmazonSSM.GetParameter".into()),
            ],
            body: document.to_string().into_bytes(),
        };
        let reply = Zeroizing::new(self.0.call(&call).await?.body);
        let result: GetParameterResult<'_> =
            serde_json::from_slice(&reply).map_err(|error| AwsError::Reply(error.into()))?;
        Ok(Parameter {
            kind: result.parameter.r#type,
            value: Zeroizing::new(result.parameter.value.into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_ssms_is_none_of_kmss() {
        for (code, status, expected) in [
            ("AccessDeniedException", 400, Fault::Denied),
            ("ParameterNotFound", 400, Fault::Unexpected),
            ("ThrottlingException", 400, Fault::Throttled),
            ("ExpiredTokenException", 400, Fault::CredentialsExpired),
            ("InternalServerError", 500, Fault::Unavailable),
        ] {
            let refused = AwsError::Refused {
                status,
                code: code.to_owned(),
                message: String::new(),
            };
            assert_eq!(fault(&refused), expected, "{code}");
        }
    }
}
