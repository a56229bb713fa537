//! What answers events: the linked origin, or instances of a built one.

use std::time::Duration;

use axum::body::Bytes;
use keyfront_origin::http::function_url::FunctionUrl as LinkedOrigin;
use serde_json::Value;
use thiserror::Error;

use super::PAYLOAD_LIMIT;
use super::instance::Instances;

/// How long the linked origin may take: what the deployed function is configured with.
const LINKED_TIMEOUT: Duration = Duration::from_secs(60);

/// A function.
#[derive(Debug)]
pub enum Function {
    /// The origin's Lambda entry, linked into this program.
    Linked(LinkedOrigin),
    /// Processes of a built `bootstrap`.
    Built(Instances),
}

/// An invocation without an answer that can be passed on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvokeError {
    /// The process ended, or its stack is stopping. The next invocation gets another process.
    #[error("the function ended before it answered")]
    Crashed,
    /// The function ran into its time limit and was ended.
    #[error("the function did not answer within {0:?}")]
    TimedOut(Duration),
    /// The function reported an error; its log says more.
    #[error("the function failed: {0}")]
    Threw(String),
    /// The answer is over [`PAYLOAD_LIMIT`]; the function must answer less.
    #[error("the function's answer is larger than {PAYLOAD_LIMIT} bytes")]
    TooLarge,
    /// The function answered something that is no answer.
    #[error("the function's answer is malformed: {0}")]
    Malformed(&'static str),
}

impl Function {
    /// Invokes with an event, as JSON.
    ///
    /// # Errors
    /// [`InvokeError`]; nothing is tried twice.
    pub(super) async fn invoke(
        &self,
        event: Bytes,
        request_id: &str,
    ) -> Result<Value, InvokeError> {
        match self {
            Self::Linked(origin) => linked(origin, &event).await,
            Self::Built(instances) => instances.invoke(event, request_id).await,
        }
    }
}

/// Through bytes both ways: what has no form as JSON must not work here either.
async fn linked(origin: &LinkedOrigin, event: &[u8]) -> Result<Value, InvokeError> {
    let event = serde_json::from_slice(event)
        .map_err(|_| InvokeError::Malformed("its event is not json"))?;
    let answer = tokio::time::timeout(LINKED_TIMEOUT, origin.answer_json(event))
        .await
        .map_err(|_| InvokeError::TimedOut(LINKED_TIMEOUT))?;
    let json = serde_json::to_vec(&answer)
        .map_err(|_| InvokeError::Malformed("it has no form as json"))?;
    if json.len() > PAYLOAD_LIMIT {
        return Err(InvokeError::TooLarge);
    }
    serde_json::from_slice(&json).map_err(|_| InvokeError::Malformed("it is not json"))
}
