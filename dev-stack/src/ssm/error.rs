//! Every way an SSM call fails, with AWS's code for it.

use thiserror::Error;

use crate::request_auth::AuthError;
use keyfront_iam::Denial;

/// A refused SSM call, answered with status 400. All of these are the caller's fault.
#[derive(Debug, Error)]
pub enum SsmError {
    /// The request is not signed, or signed wrongly; sign for `ssm` in the stack's Region.
    #[error("request is not authenticated")]
    Unauthenticated(#[from] AuthError),
    /// The caller's policies do not allow it.
    #[error(transparent)]
    AccessDenied(#[from] Denial),
    /// The operation does not exist or is not offered here; docs/dev-stack.md lists what is.
    #[error("operation {0:?} is not supported")]
    UnknownOperation(String),
    /// The body is not the JSON of the operation's request.
    #[error("request is malformed")]
    Malformed(#[from] serde_json::Error),
    /// The request breaks a rule; the text says which.
    #[error("{0}")]
    Validation(&'static str),
    /// There is no such parameter.
    #[error("parameter does not exist")]
    NotFound,
    /// The parameter exists and `Overwrite` was not asked for.
    #[error("parameter exists; ask for overwrite")]
    AlreadyExists,
}

impl SsmError {
    /// AWS's name for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(error) => error.json_code(),
            Self::AccessDenied(_) => "AccessDeniedException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Malformed(_) => "SerializationException",
            Self::Validation(_) => "ValidationException",
            Self::NotFound => "ParameterNotFound",
            Self::AlreadyExists => "ParameterAlreadyExists",
        }
    }

    /// The message for the client.
    pub fn aws_message(&self) -> String {
        match self {
            Self::Unauthenticated(error) => error.aws_message(),
            Self::AccessDenied(denial) => denial.aws_message(),
            Self::UnknownOperation(_)
            | Self::Malformed(_)
            | Self::Validation(_)
            | Self::NotFound
            | Self::AlreadyExists => self.to_string(),
        }
    }
}
