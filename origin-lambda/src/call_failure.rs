//! What a failed call to AWS says in the log: the service's own words, not the SDK's form of them.

use std::fmt;

use aws_sdk_s3::{error::ProvideErrorMetadata, operation::RequestId as _};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use crate::error::Source;

/// A refusal or failure that the service itself reported.
#[derive(Debug)]
struct Reported {
    status: u16,
    code: String,
    message: String,
    request_id: String,
}

/// The cause of an error that was classified. An answer of the service is its status, code, message and request id; what never
/// became one keeps the SDK's own chain.
pub(crate) fn source<E>(error: SdkError<E, HttpResponse>) -> Source
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let SdkError::ServiceError(answer) = &error else {
        return Box::new(error);
    };
    let meta = answer.err().meta();
    let text = |text: Option<&str>| text.unwrap_or("none").to_owned();
    Box::new(Reported {
        status: answer.raw().status().as_u16(),
        code: text(meta.code()),
        message: text(meta.message()),
        request_id: text(meta.request_id()),
    })
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            code,
            message,
            request_id,
        } = self;
        write!(f, "{status} {code}: {message} (request {request_id})")
    }
}

impl std::error::Error for Reported {}
