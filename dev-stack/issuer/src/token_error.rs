//! Why a code is not exchanged (RFC 6749, 5.2).

use http::StatusCode;
use thiserror::Error;

use super::parameters::Repeated;
use super::request_body::BodyError;

/// Texts become `error_description`: ASCII without quotes and backslashes, and nothing of the request.
#[derive(Debug, Error)]
pub(super) enum TokenError {
    /// The client is at fault.
    #[error("the request is malformed: {0}")]
    Repeated(#[from] Repeated),
    #[error("the form cannot be read: {0}")]
    Body(#[from] BodyError),
    #[error("parameter {0} is missing: send it")]
    Missing(&'static str),
    #[error("grant_type is not supported: send grant_type=authorization_code")]
    GrantType,
    #[error("clients of this issuer are public: send client_id in the form and no secret")]
    Secret,
    #[error("client_id is unknown: configure the issuer with this client")]
    UnknownClient,
    #[error("code_verifier is invalid: send 43 to 128 of A-Z a-z 0-9 - . _ ~")]
    VerifierSyntax,
    #[error(
        "code is unknown, expired or used: it is valid once and for 60 seconds, so log in again"
    )]
    Code,
    #[error("code was issued to another client: log in again")]
    OtherClient,
    #[error("redirect_uri is not the one that the code was sent to: log in again")]
    OtherRedirectUri,
    #[error("code_verifier does not match the code_challenge: log in again")]
    Verifier,
    /// The platform is at fault; try again.
    #[error("no random bytes from the operating system")]
    Randomness(#[from] getrandom::Error),
    #[error("token cannot be signed")]
    Signature(#[from] p256::ecdsa::Error),
}

impl TokenError {
    /// The value of `error`.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Repeated(_) | Self::Body(_) | Self::Missing(_) | Self::VerifierSyntax => {
                "invalid_request"
            }
            Self::GrantType => "unsupported_grant_type",
            Self::Secret | Self::UnknownClient => "invalid_client",
            Self::Code | Self::OtherClient | Self::OtherRedirectUri | Self::Verifier => {
                "invalid_grant"
            }
            Self::Randomness(_) | Self::Signature(_) => "server_error",
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Body(error) => error.status(),
            Self::Secret | Self::UnknownClient => StatusCode::UNAUTHORIZED,
            Self::Repeated(_)
            | Self::Missing(_)
            | Self::GrantType
            | Self::VerifierSyntax
            | Self::Code
            | Self::OtherClient
            | Self::OtherRedirectUri
            | Self::Verifier => StatusCode::BAD_REQUEST,
            Self::Randomness(_) | Self::Signature(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
