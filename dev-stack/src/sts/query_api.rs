//! The query protocol of each action: form parameters in, XML out.

use std::time::Duration;

use quick_xml::escape::escape;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{AssumeRole, RoleSession, Sts, StsError};
use keyfront_iam::Requester;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
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
pub(super) fn call(
    sts: &Sts,
    requester: &Requester,
    form: &[u8],
    request_id: &str,
) -> Result<String, StsError> {
    let mut parameters = Parameters::parse(form)?;
    let action = parameters.require("Action")?;
    let version = parameters.require("Version")?;
    if version != VERSION {
        return Err(StsError::InvalidAction(format!(
            "{action} of version {version}"
        )));
    }
    let result = match action.as_str() {
        "AssumeRole" => {
            let session = sts.assume_role(requester, &read_assume_role(parameters)?)?;
            assume_role_result(&session)
        }
        "GetCallerIdentity" => {
            parameters.finish()?;
            caller_identity_result(requester, sts.account().id())
        }
        _ => return Err(StsError::InvalidAction(action)),
    };
    Ok(format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    ))
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

fn assume_role_result(session: &RoleSession) -> String {
    let credentials = &session.credentials;
    let token = credentials.session_token.as_ref().map(|t| t.expose());
    // Every session has an end within 12 hours, far from the end of the calendar.
    let expiration = credentials.expires_at.and_then(|end| {
        whole_seconds(OffsetDateTime::from(end))
            .format(&Rfc3339)
            .ok()
    });
    format!(
        "<AssumedRoleUser><AssumedRoleId>{}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>",
        escape(session.principal.user_id()),
        escape(session.principal.arn()),
        escape(credentials.access_key_id.as_str()),
        escape(credentials.secret_access_key.expose()),
        escape(token.unwrap_or_default()),
        escape(expiration.unwrap_or_default()),
    )
}

/// Rounded down, so that no client believes a session longer than it is.
fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

fn caller_identity_result(requester: &Requester, account: &str) -> String {
    let principal = &requester.principal;
    format!(
        "<Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>",
        escape(principal.arn()),
        escape(principal.user_id()),
        escape(account),
    )
}

/// The XML of an error.
pub(super) fn error_body(error: &StsError, request_id: &str) -> String {
    let at_fault = if error.status() >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{at_fault}</Type><Code>{}</Code>\
         <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        error.code(),
        escape(error.aws_message()),
    )
}
