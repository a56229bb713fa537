//! What a client asks for (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3).
//!
//! Who the client is and where it is answered is validated before, in `return_address`.

use std::time::{Duration, SystemTime};

use super::authorization_error::AuthorizationError;
use super::opaque_value::{is_nonce, is_state};
use super::parameters::Parameters;
use super::pkce::CodeChallenge;
use super::sessions::Login;

/// What the login page carries from one request to the next. `prompt` and `max_age` are met by logging in.
pub(super) const CARRIED: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthorizationRequest {
    pub(super) challenge: CodeChallenge,
    pub(super) nonce: Option<String>,
    pub(super) prompt: Prompt,
    max_age: Option<Duration>,
}

/// Whether the person sees the login page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// If he is not logged in.
    AsNeeded,
    /// In any case.
    Login,
    /// In no case.
    None,
}

impl AuthorizationRequest {
    /// # Errors
    /// What the client is redirected with.
    pub(super) fn validate(parameters: &Parameters) -> Result<Self, AuthorizationError> {
        if parameters.value("state")?.is_some_and(|it| !is_state(it)) {
            return Err(AuthorizationError::State);
        }
        if parameters.value("request")?.is_some() {
            return Err(AuthorizationError::RequestObject);
        }
        if parameters.value("request_uri")?.is_some() {
            return Err(AuthorizationError::RequestUri);
        }
        if parameters.value("response_type")? != Some("code") {
            return Err(AuthorizationError::ResponseType);
        }
        if !matches!(parameters.value("response_mode")?, None | Some("query")) {
            return Err(AuthorizationError::ResponseMode);
        }
        let scope = parameters.value("scope")?.unwrap_or_default();
        if !scope.split(' ').any(|one| one == "openid") {
            return Err(AuthorizationError::Scope);
        }
        Ok(Self {
            challenge: challenge(parameters)?,
            nonce: nonce(parameters)?,
            prompt: prompt(parameters)?,
            max_age: max_age(parameters)?,
        })
    }

    /// Whether a login of before serves this request.
    pub(super) fn accepts(&self, login: &Login, now: SystemTime) -> bool {
        let young = self.max_age.is_none_or(|most| login.age(now) <= most);
        self.prompt != Prompt::Login && young
    }
}

fn challenge(parameters: &Parameters) -> Result<CodeChallenge, AuthorizationError> {
    let challenge = parameters.value("code_challenge")?;
    let challenge = challenge.ok_or(AuthorizationError::NoChallenge)?;
    // Without a method it would be `plain` (RFC 7636, 4.3), which proves nothing to whoever reads the request.
    if parameters.value("code_challenge_method")? != Some("S256") {
        return Err(AuthorizationError::ChallengeMethod);
    }
    CodeChallenge::parse(challenge).ok_or(AuthorizationError::Challenge)
}

fn nonce(parameters: &Parameters) -> Result<Option<String>, AuthorizationError> {
    let nonce = parameters.value("nonce")?;
    if nonce.is_some_and(|nonce| !is_nonce(nonce)) {
        return Err(AuthorizationError::Nonce);
    }
    Ok(nonce.map(str::to_owned))
}

fn prompt(parameters: &Parameters) -> Result<Prompt, AuthorizationError> {
    match parameters.value("prompt")? {
        None => Ok(Prompt::AsNeeded),
        Some("login") => Ok(Prompt::Login),
        Some("none") => Ok(Prompt::None),
        Some(_) => Err(AuthorizationError::Prompt),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<Duration>, AuthorizationError> {
    let seconds = parameters.value("max_age")?.map(str::parse::<u32>);
    let seconds = seconds
        .transpose()
        .map_err(|_| AuthorizationError::MaxAge)?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
}

#[cfg(test)]
mod tests;
