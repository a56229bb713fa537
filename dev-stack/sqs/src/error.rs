//! Every way an SQS call fails, with AWS's code for it.

use keyfront_dev_ground::aws_error::AwsError;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_dev_ground::state::StateError;
use keyfront_iam::Denial;
use thiserror::Error;

/// A refused SQS call.
#[derive(Debug, Error)]
pub enum SqsError {
    /// The request is not signed, or signed wrongly; sign for `sqs` in the stack's Region.
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
    /// A parameter that has to be there is not.
    #[error("The request must contain the parameter {0}.")]
    Missing(&'static str),
    /// A parameter has a value that SQS does not take.
    #[error("Value for parameter {0} is invalid.")]
    InvalidParameter(&'static str),
    /// The body has characters that no message may have.
    #[error("The message contains characters outside the allowed set.")]
    InvalidContents,
    /// There is no such queue.
    #[error("The specified queue does not exist.")]
    NoSuchQueue,
    /// The receipt handle is none.
    #[error("The input receipt handle is not a valid receipt handle.")]
    InvalidReceipt,
    /// The message of the handle is not in flight.
    #[error("the message is not in flight")]
    NotInFlight,
    /// The state cannot be read or written.
    #[error("state is unavailable")]
    State(#[from] StateError),
}

impl SqsError {
    /// The error as clients see it.
    pub fn describe(&self) -> AwsError {
        let invalid = |code| AwsError::new(400, code, self.to_string());
        match self {
            Self::Unauthenticated(error) => error.in_json_protocol(),
            Self::AccessDenied(denial) => {
                AwsError::new(403, "AccessDeniedException", denial.aws_message())
            }
            Self::UnknownOperation(_) => invalid("UnknownOperationException"),
            Self::Malformed(_) => invalid("SerializationException"),
            Self::Missing(_) => invalid("MissingParameter"),
            Self::InvalidParameter(_) => invalid("InvalidParameterValue"),
            Self::InvalidContents => invalid("InvalidMessageContents"),
            Self::NoSuchQueue => invalid("QueueDoesNotExist"),
            Self::InvalidReceipt => invalid("ReceiptHandleIsInvalid"),
            Self::NotInFlight => invalid("MessageNotInflight"),
            Self::State(_) => AwsError::internal("InternalFailure"),
        }
    }
}
