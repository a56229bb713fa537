//! STS `AssumeRole`: the settings of a role, the call, and its answer read strictly.
//!
//! It keeps no session, and nothing of an answer but a session or an error's code leaves it.

use keyfront_contract::upstream::asks_to_slow_down;
use keyfront_edge::{Refusal, RoleCredentials, http_date};
use keyfront_names::Arn;
use keyfront_sigv4::{Signer, uri_encoding};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::session::Session;
use crate::aws_call::{self, Call, Content, Endpoint, SignedBy};

const DEFAULT_SECONDS: u32 = 3_600;
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

/// A role as the Worker's document names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleDocument {
    arn: String,
    region: String,
    endpoint: Option<String>,
    session_name: Option<String>,
    external_id: Option<String>,
    seconds: Option<u32>,
}

/// A validated role.
#[derive(Debug, PartialEq, Eq)]
pub struct RoleSettings {
    arn: String,
    endpoint: Endpoint,
    /// The form that is posted; it holds no secret.
    form: String,
}

/// Why there is no new session. It names no key and quotes nothing but STS's error code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssumeRoleError {
    /// Set the secrets `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    #[error("the Worker's secrets are missing or cannot sign")]
    Secrets,
    /// Put a new `AWS_SESSION_TOKEN` and its keys, or use keys that do not expire.
    #[error("the Worker's secrets are expired")]
    SecretsExpired,
    /// Check the role's trust policy, and that the secrets are those of a principal it trusts.
    #[error("STS refused: {0}")]
    Refused(String),
    /// It passes by itself.
    #[error("STS is throttling")]
    Throttled,
    /// Check the role's `endpoint` and `region`.
    #[error("STS timed out")]
    Unreachable,
    /// Check that the role's `endpoint` is an STS.
    #[error("STS returned an invalid response with status {0}")]
    Answer(u16),
}

impl From<AssumeRoleError> for Refusal {
    fn from(error: AssumeRoleError) -> Self {
        match error {
            AssumeRoleError::SecretsExpired => Self::CredentialsExpired,
            AssumeRoleError::Throttled => Self::Throttled,
            AssumeRoleError::Secrets
            | AssumeRoleError::Refused(_)
            | AssumeRoleError::Unreachable
            | AssumeRoleError::Answer(_) => Self::CredentialsMissing,
        }
    }
}

impl RoleSettings {
    /// Validates a document.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn validate(document: RoleDocument) -> Result<Self, &'static str> {
        let RoleDocument { arn, region, .. } = document;
        let endpoint = Endpoint::validate("sts", region, document.endpoint.as_deref())?;
        if !is_role(&arn) {
            return Err("has an arn that is not the ARN of a role");
        }
        let name = document.session_name.as_deref().unwrap_or("keyfront-edge");
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if !(2..=64).contains(&name.len()) || !name.bytes().all(is_name) {
            return Err("has a session_name that is not 2 to 64 of A-Za-z0-9_+=,.@-");
        }
        let external_id = document.external_id.as_deref();
        if external_id.is_some_and(|id| !is_text(id, 1224)) {
            return Err("has an external_id that is not printable");
        }
        let seconds = document.seconds.unwrap_or(DEFAULT_SECONDS);
        if !(900..=43_200).contains(&seconds) {
            return Err("has seconds outside 900 to 43200");
        }
        let mut form = format!("Action=AssumeRole&DurationSeconds={seconds}");
        let fields = [
            ("RoleArn", Some(arn.as_str())),
            ("RoleSessionName", Some(name)),
        ];
        for (field, value) in fields.into_iter().chain([("ExternalId", external_id)]) {
            if let Some(value) = value {
                let value = uri_encoding::encode_component(value);
                form.extend(["&", field, "=", &value]);
            }
        }
        form.push_str("&Version=2011-06-15");
        Ok(Self {
            arn,
            endpoint,
            form,
        })
    }

    /// The role's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The signed call.
    ///
    /// # Errors
    /// [`AssumeRoleError::Secrets`].
    pub(crate) fn call(
        &self,
        signer: &mut Signer,
        secrets: &RoleCredentials<'_>,
        now: i64,
    ) -> Result<Call, AssumeRoleError> {
        let content = Content {
            headers: FORM,
            body: self.form.clone(),
        };
        let by = SignedBy {
            credentials: secrets,
            now,
        };
        aws_call::signed(signer, &self.endpoint, content, by).map_err(|_| AssumeRoleError::Secrets)
    }
}

/// Whether `text` is the ARN of a role. Not as strict as AWS's own: Ceph's roles may have no account.
fn is_role(text: &str) -> bool {
    let arn = Arn::parse(text).ok();
    let role = arn.filter(|arn| arn.service == "iam" && arn.region.is_empty());
    let name = role.and_then(|arn| arn.resource.strip_prefix("role/"));
    text.len() <= 2048 && name.is_some_and(|name| !name.is_empty())
}

fn is_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Reads STS's answer.
///
/// # Errors
/// [`AssumeRoleError`] for everything but one whole session.
pub fn read(status: u16, body: &[u8]) -> Result<Session, AssumeRoleError> {
    let unread = AssumeRoleError::Answer(status);
    let document = str::from_utf8(body).map_err(|_| unread.clone())?;
    if status == 200 {
        session(document).ok_or(unread)
    } else {
        Err(failure(document).unwrap_or(unread))
    }
}

fn session(document: &str) -> Option<Session> {
    element(document, "AssumeRoleResponse")?;
    let credentials = element(document, "Credentials")?;
    let text = |name| {
        let text = element(credentials, name)?.trim();
        // Keys and tokens are base64 or plainer; what would need unescaping is none of them.
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"&<>\"'".contains(&byte);
        (!text.is_empty() && text.bytes().all(plain)).then_some(text)
    };
    Some(Session {
        access_key_id: Zeroizing::new(text("AccessKeyId")?.to_owned()),
        secret_access_key: Zeroizing::new(text("SecretAccessKey")?.to_owned()),
        session_token: Zeroizing::new(text("SessionToken")?.to_owned()),
        expires_at: Some(moment(text("Expiration")?)?),
    })
}

fn failure(document: &str) -> Option<AssumeRoleError> {
    let code = element(document, "Code")?;
    if code.is_empty() || code.len() > 64 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return None;
    }
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" => AssumeRoleError::SecretsExpired,
        code if asks_to_slow_down(code) => AssumeRoleError::Throttled,
        code => AssumeRoleError::Refused(code.to_owned()),
    })
}

/// What stands in the one element of this name; attributes are ignored.
fn element<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let begin = format!("<{name}");
    let mut opened = document.match_indices(&begin).filter_map(|(at, tag)| {
        let rest = &document[at + tag.len()..];
        let (attributes, content) = rest.split_once('>')?;
        let is_it = attributes.is_empty() || attributes.starts_with([' ', '\n', '\t']);
        is_it.then_some(content)
    });
    let content = opened.next()?;
    if opened.next().is_some() {
        return None;
    }
    content
        .split_once(&format!("</{name}>"))
        .map(|(text, _)| text)
}

/// `2026-01-02T03:04:05Z`, fractions of a second dropped: a session is never believed longer than it is.
fn moment(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let form = b"0000-00-00T00:00:00";
    let fits = whole.len() == form.len()
        && whole.bytes().zip(form).all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *like,
        });
    if !fits || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    http_date::from_amz_date(&format!("{}Z", whole.replace(['-', ':'], "")))
}
