//! Why a request is not authenticated, in the codes of AWS's two protocols.

use std::time::SystemTime;

use thiserror::Error;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::aws_error::AwsError;
use crate::credentials::SessionRefusal;

/// A request whose signer is not established. All of these are the caller's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthError {
    /// There is no `Authorization` header.
    #[error("request is not signed")]
    Missing,
    /// The signature lacks something, or has a part of the wrong shape; the text says which.
    #[error("signature is incomplete: {0}")]
    Incomplete(&'static str),
    /// The credential is scoped to another day, Region or service.
    #[error("credential scope has the wrong {0}")]
    Scope(&'static str),
    /// Signed too long ago, or in the future.
    #[error("request was signed too far from the present time")]
    Skewed {
        /// The `x-amz-date` of the request.
        signed_at: SystemTime,
        /// The server's time.
        now: SystemTime,
    },
    /// No such access key.
    #[error("access key is not known")]
    UnknownKey,
    /// The signature is another one than the secret gives for this request.
    #[error("signature does not match")]
    SignatureMismatch,
    /// `x-amz-content-sha256` is not the hash of the body that came.
    #[error("body hash does not match the body")]
    BodyHashMismatch,
    /// The session token is missing, foreign or expired.
    #[error("session is refused")]
    Session(#[from] SessionRefusal),
}

impl AuthError {
    /// The error in the JSON protocol (KMS, SSM, Lambda), which answers 400 to all of them.
    pub fn in_json_protocol(&self) -> AwsError {
        let code = match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::Scope(_)
            | Self::Skewed { .. }
            | Self::SignatureMismatch
            | Self::BodyHashMismatch => "InvalidSignatureException",
            Self::Session(SessionRefusal::Expired) => "ExpiredTokenException",
            Self::UnknownKey | Self::Session(_) => "UnrecognizedClientException",
        };
        AwsError::new(400, code, self.aws_message())
    }

    /// The error in the XML protocols (STS, CloudFront).
    pub fn in_xml_protocol(&self) -> AwsError {
        let (status, code) = match self {
            Self::Missing => (403, "MissingAuthenticationToken"),
            Self::Incomplete(_) => (400, "IncompleteSignature"),
            Self::Scope(_)
            | Self::Skewed { .. }
            | Self::SignatureMismatch
            | Self::BodyHashMismatch => (403, "SignatureDoesNotMatch"),
            Self::Session(SessionRefusal::Expired) => (403, "ExpiredToken"),
            Self::UnknownKey | Self::Session(_) => (403, "InvalidClientTokenId"),
        };
        AwsError::new(status, code, self.aws_message())
    }

    /// The message for the client, close to AWS's.
    fn aws_message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".to_owned(),
            Self::Incomplete(what) => format!("Authorization header is incomplete: {what}."),
            Self::Scope(part) => format!("Credential should be scoped to a valid {part}."),
            Self::Skewed { signed_at, now } => format!(
                "Signature not yet current or expired: {} is more than 5 minutes from {}.",
                compact(*signed_at),
                compact(*now)
            ),
            Self::SignatureMismatch => "The request signature we calculated does not match the \
                signature you provided. Check your AWS Secret Access Key and signing method."
                .to_owned(),
            Self::BodyHashMismatch => {
                "The value of x-amz-content-sha256 is not the hash of the body.".to_owned()
            }
            Self::Session(SessionRefusal::Expired) => {
                "The security token included in the request is expired".to_owned()
            }
            Self::UnknownKey | Self::Session(_) => {
                "The security token included in the request is invalid.".to_owned()
            }
        }
    }
}

fn compact(time: SystemTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let formatted = OffsetDateTime::from(time).format(&format);
    formatted.unwrap_or_else(|_| "a time beyond the calendar".to_owned())
}
