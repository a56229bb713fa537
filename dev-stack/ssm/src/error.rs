//! Every way an SSM call fails, with AWS's code for it.

use keyfront_dev_ground::aws_error::AwsError;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_dev_kms::KmsError;
use keyfront_iam::Denial;
use thiserror::Error;

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
    /// KMS does not encrypt or decrypt for the caller.
    #[error("kms refused")]
    Kms(#[from] KmsError),
    /// There is no such parameter.
    #[error("parameter does not exist")]
    NotFound,
    /// The parameter exists and `Overwrite` was not asked for.
    #[error("parameter exists; set Overwrite")]
    AlreadyExists,
}

impl SsmError {
    /// The error as clients see it.
    pub fn describe(&self) -> AwsError {
        let invalid = |code| AwsError::new(400, code, self.to_string());
        match self {
            Self::Unauthenticated(error) => error.in_json_protocol(),
            Self::AccessDenied(denial) => {
                AwsError::new(400, "AccessDeniedException", denial.aws_message())
            }
            Self::UnknownOperation(_) => invalid("UnknownOperationException"),
            Self::Malformed(_) => invalid("SerializationException"),
            Self::Validation(_) => invalid("ValidationException"),
            // SSM passes KMS's refusal on in its own name.
            Self::Kms(error) => {
                let AwsError { code, message, .. } = error.describe();
                let code = match code {
                    "AccessDeniedException" => "AccessDeniedException",
                    _ => "InvalidKeyId",
                };
                AwsError::new(400, code, message.unwrap_or_default())
            }
            Self::NotFound => invalid("ParameterNotFound"),
            Self::AlreadyExists => invalid("ParameterAlreadyExists"),
        }
    }
}
