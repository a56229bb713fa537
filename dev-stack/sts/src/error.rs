//! Every way an STS call fails, with AWS's code for it.

use keyfront_dev_ground::aws_error::AwsError;
use keyfront_dev_ground::credentials::RegistryError;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_iam::Denial;
use thiserror::Error;

/// A refused or failed STS call.
#[derive(Debug, Error)]
pub enum StsError {
    // --- who the caller is ---
    /// The request is not signed, or signed wrongly.
    #[error("request is not authenticated")]
    Unauthenticated(#[from] AuthError),
    /// The role's trust policy, or the caller's own policies, do not allow it; or there is no such role.
    #[error(transparent)]
    AccessDenied(#[from] Denial),

    // --- what the caller asks ---
    /// The action does not exist or is not offered here; docs/dev-stack.md lists what is.
    #[error("action {0:?} is not supported")]
    InvalidAction(String),
    /// A parameter is missing.
    #[error("parameter {0} is missing")]
    MissingParameter(&'static str),
    /// A parameter is not known or not supported here.
    #[error("parameter {0:?} is not supported")]
    UnknownParameter(String),
    /// A parameter comes twice.
    #[error("parameter {0:?} is repeated")]
    RepeatedParameter(String),
    /// A value is outside its limits; the text says which.
    #[error("{0}")]
    Validation(String),

    // --- the service itself ---
    /// The session could not be made or kept.
    #[error("session cannot be issued")]
    Registry(#[from] RegistryError),
}

impl StsError {
    /// The error as clients see it; nothing about the inside of the service.
    pub fn describe(&self) -> AwsError {
        let invalid = |code| AwsError::new(400, code, self.to_string());
        match self {
            Self::Unauthenticated(error) => error.in_xml_protocol(),
            Self::AccessDenied(denial) => AwsError::new(403, "AccessDenied", denial.aws_message()),
            Self::InvalidAction(_) => invalid("InvalidAction"),
            Self::MissingParameter(_) => invalid("MissingParameter"),
            Self::UnknownParameter(_) | Self::RepeatedParameter(_) | Self::Validation(_) => {
                invalid("ValidationError")
            }
            Self::Registry(_) => AwsError::internal("InternalFailure"),
        }
    }

    /// AWS's name for the error.
    pub fn code(&self) -> &'static str {
        self.describe().code
    }
}

#[cfg(test)]
mod tests {
    use keyfront_dev_ground::state::StateError;

    use super::*;

    #[test]
    fn every_error_has_its_code_status_and_a_harmless_message() {
        let text = || "x".to_owned();
        let unsealing = RegistryError::State(StateError::Unsealing);
        for (error, code, status, message) in [
            (
                StsError::Unauthenticated(AuthError::Missing),
                "MissingAuthenticationToken",
                403,
                "Missing Authentication Token",
            ),
            (
                StsError::Unauthenticated(AuthError::Incomplete("x")),
                "IncompleteSignature",
                400,
                "Authorization header is incomplete: x.",
            ),
            (
                StsError::InvalidAction(text()),
                "InvalidAction",
                400,
                "action \"x\" is not supported",
            ),
            (
                StsError::MissingParameter("X"),
                "MissingParameter",
                400,
                "parameter X is missing",
            ),
            (
                StsError::UnknownParameter(text()),
                "ValidationError",
                400,
                "parameter \"x\" is not supported",
            ),
            (
                StsError::RepeatedParameter(text()),
                "ValidationError",
                400,
                "parameter \"x\" is repeated",
            ),
            (StsError::Validation(text()), "ValidationError", 400, "x"),
            (
                StsError::Registry(unsealing),
                "InternalFailure",
                500,
                "internal failure",
            ),
        ] {
            assert_eq!(error.describe(), AwsError::new(status, code, message));
        }
    }
}
