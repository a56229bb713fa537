//! Why a client gets no code: what it is redirected with (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6).

use thiserror::Error;

use super::opaque_value::{LONGEST_NONCE, LONGEST_STATE};
use super::parameters::Repeated;

/// Texts become `error_description`: ASCII without quotes and backslashes, and nothing of the request.
#[derive(Debug, Error)]
pub(super) enum AuthorizationError {
    /// The client is at fault.
    #[error("the request is malformed: {0}")]
    Repeated(#[from] Repeated),
    #[error("state is invalid: send at most {LONGEST_STATE} printable ASCII characters")]
    State,
    #[error("nonce is invalid: send at most {LONGEST_NONCE} bytes without control characters")]
    Nonce,
    #[error("response_type is missing or not supported: send response_type=code")]
    ResponseType,
    #[error("response_mode is not supported: send response_mode=query or none")]
    ResponseMode,
    #[error("scope lacks openid: send scope=openid")]
    Scope,
    #[error("code_challenge is missing: this issuer requires PKCE, RFC 7636")]
    NoChallenge,
    #[error("code_challenge_method is missing or not supported: send code_challenge_method=S256")]
    ChallengeMethod,
    #[error("code_challenge is invalid: send a SHA-256 in base64url without padding")]
    Challenge,
    #[error("prompt is not supported: send prompt=none, prompt=login or neither")]
    Prompt,
    #[error("max_age is invalid: send a number of seconds")]
    MaxAge,
    #[error("request objects are not supported: send the parameters themselves")]
    RequestObject,
    #[error("request_uri is not supported: send the parameters themselves")]
    RequestUri,
    /// Nobody is at fault: the client asked not to show a login.
    #[error("nobody is logged in: send the request without prompt=none")]
    LoginRequired,
    /// The platform is at fault; try again.
    #[error("no random bytes from the operating system")]
    Randomness(#[from] getrandom::Error),
}

impl AuthorizationError {
    /// The value of `error`.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Repeated(_)
            | Self::State
            | Self::Nonce
            | Self::ResponseMode
            | Self::NoChallenge
            | Self::ChallengeMethod
            | Self::Challenge
            | Self::Prompt
            | Self::MaxAge => "invalid_request",
            Self::ResponseType => "unsupported_response_type",
            Self::Scope => "invalid_scope",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::LoginRequired => "login_required",
            Self::Randomness(_) => "server_error",
        }
    }
}
