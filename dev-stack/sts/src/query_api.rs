//! The query protocol of each action: form parameters in, XML out.

use std::time::Duration;

use keyfront_dev_ground::api_server::ApiCall;
use keyfront_dev_ground::aws_error::xml;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{AssumeRole, RoleSession, Sts, StsError};

pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";
const DEFAULT_DURATION_SECONDS: u64 = 3600;

/// The parameters of one request, taken one by one; what is left at the end is refused.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn parse(form: &[u8]) -> Result<Self, StsError> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(form).into_owned() {
            if all.iter().any(|(known, _)| *known == name) {
                return Err(StsError::RepeatedParameter(name));
            }
            all.push((name, value));
        }
        Ok(Self(all))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn require(&mut self, name: &'static str) -> Result<String, StsError> {
        self.take(name).ok_or(StsError::MissingParameter(name))
    }

    fn finish(self) -> Result<(), StsError> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(StsError::UnknownParameter(name)),
        }
    }
}

/// Calls the action that the form names; answers its XML.
pub(super) fn call(sts: &Sts, call: &ApiCall) -> Result<String, StsError> {
    let requester = &call.requester;
    let mut parameters = Parameters::parse(&call.body)?;
    let action = parameters.require("Action")?;
    let version = parameters.require("Version")?;
    if version != VERSION {
        return Err(StsError::InvalidAction(format!(
            "{action} of version {version}"
        )));
    }
    let response_metadata = ResponseMetadata {
        request_id: &call.request_id,
    };
    match action.as_str() {
        "AssumeRole" => {
            let session = sts.assume_role(requester, &read_assume_role(parameters)?)?;
            Ok(xml(&AssumeRoleResponse {
                namespace: NAMESPACE,
                assume_role_result: assume_role_result(&session),
                response_metadata,
            }))
        }
        "GetCallerIdentity" => {
            parameters.finish()?;
            Ok(xml(&GetCallerIdentityResponse {
                namespace: NAMESPACE,
                get_caller_identity_result: CallerIdentity {
                    arn: requester.principal.arn(),
                    user_id: requester.principal.user_id(),
                    account: sts.account().id(),
                },
                response_metadata,
            }))
        }
        _ => Err(StsError::InvalidAction(action)),
    }
}

fn read_assume_role(mut parameters: Parameters) -> Result<AssumeRole, StsError> {
    let role_arn = parameters.require("RoleArn")?;
    let session_name = parameters.require("RoleSessionName")?;
    let seconds = match parameters.take("DurationSeconds") {
        None => DEFAULT_DURATION_SECONDS,
        Some(text) => text.parse().map_err(|_| {
            StsError::Validation("DurationSeconds must be a number of seconds".to_owned())
        })?,
    };
    let external_id = parameters.take("ExternalId");
    parameters.finish()?;
    Ok(AssumeRole {
        role_arn,
        session_name,
        duration: Duration::from_secs(seconds),
        external_id,
    })
}

fn assume_role_result(session: &RoleSession) -> AssumeRoleResult<'_> {
    let credentials = &session.credentials;
    let token = credentials.session_token.as_ref();
    // Every session has an end within 12 hours, far from the end of the calendar.
    let expiration = credentials.expires_at.and_then(|end| {
        whole_seconds(OffsetDateTime::from(end))
            .format(&Rfc3339)
            .ok()
    });
    AssumeRoleResult {
        assumed_role_user: AssumedRoleUser {
            assumed_role_id: session.principal.user_id(),
            arn: session.principal.arn(),
        },
        credentials: SessionCredentials {
            access_key_id: &credentials.access_key_id,
            secret_access_key: credentials.secret_access_key.expose(),
            session_token: token.map(|token| token.expose()).unwrap_or_default(),
            expiration: expiration.unwrap_or_default(),
        },
    }
}

/// Rounded down, so that no client believes a session longer than it is.
fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResponse<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    assume_role_result: AssumeRoleResult<'a>,
    response_metadata: ResponseMetadata<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResult<'a> {
    assumed_role_user: AssumedRoleUser,
    credentials: SessionCredentials<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename = "Credentials", rename_all = "PascalCase")]
struct SessionCredentials<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetCallerIdentityResponse<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    get_caller_identity_result: CallerIdentity<'a>,
    response_metadata: ResponseMetadata<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CallerIdentity<'a> {
    arn: String,
    user_id: String,
    account: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResponseMetadata<'a> {
    request_id: &'a str,
}
