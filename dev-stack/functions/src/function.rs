//! What answers events: a function linked into this program, or instances of a built one.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::instance::Instances;
use super::outcome::{InvokeError, Returned};

/// How long a linked function may take: what the deployed one is configured with.
const LINKED_TIMEOUT: Duration = Duration::from_secs(60);

/// A function.
#[derive(Debug)]
pub enum Function {
    /// Linked into this program.
    Linked(LinkedFunction),
    /// Processes of a built `bootstrap`.
    Built(Instances),
}

impl Function {
    /// Invokes with an event whose answer is read whole, as an event source mapping does.
    ///
    /// # Errors
    /// [`InvokeError`]; nothing is tried twice.
    pub async fn deliver(&self, event: &Value) -> Result<Value, InvokeError> {
        let request_id = Uuid::new_v4().to_string();
        let event = Bytes::from(event.to_string());
        match self.invoke(event, &request_id).await? {
            Returned::Whole(answer) => Ok(answer),
            Returned::Streamed { .. } => Err(InvokeError::Malformed(
                "it is streamed, and event sources read no streams",
            )),
        }
    }

    /// Invokes with an event, as JSON.
    ///
    /// # Errors
    /// [`InvokeError`]; nothing is tried twice.
    pub(super) async fn invoke(
        &self,
        event: Bytes,
        request_id: &str,
    ) -> Result<Returned, InvokeError> {
        match self {
            Self::Linked(function) => function.invoke(&event).await,
            Self::Built(instances) => instances.invoke(event, request_id).await,
        }
    }
}

/// A function linked into this program.
pub struct LinkedFunction(Box<dyn Fn(Value) -> BoxFuture<'static, LinkedAnswer> + Send + Sync>);

/// What a linked function answers.
#[derive(Debug)]
pub enum LinkedAnswer {
    /// As it comes.
    Streamed {
        /// The prelude; `None` for one that has no form as JSON.
        prelude: Option<Value>,
        /// What follows it.
        content: Body,
    },
    /// All of it.
    Whole(Value),
}

impl LinkedFunction {
    /// The function that `answer` is.
    pub fn new<A, F>(answer: A) -> Self
    where
        A: Fn(Value) -> F + Send + Sync + 'static,
        F: Future<Output = LinkedAnswer> + Send + 'static,
    {
        Self(Box::new(move |event| Box::pin(answer(event))))
    }

    /// Through JSON: what has no form in it must not work here either.
    async fn invoke(&self, event: &[u8]) -> Result<Returned, InvokeError> {
        let event = serde_json::from_slice(event)
            .map_err(|_| InvokeError::Malformed("its event is not json"))?;
        let answered = tokio::time::timeout(LINKED_TIMEOUT, (self.0)(event)).await;
        let answered = answered.map_err(|_| InvokeError::TimedOut(LINKED_TIMEOUT))?;
        let (prelude, content) = match answered {
            LinkedAnswer::Whole(answer) => return Ok(Returned::Whole(answer)),
            LinkedAnswer::Streamed { prelude, content } => (prelude, content),
        };
        let prelude = prelude.ok_or(InvokeError::Malformed("it has no form as json"))?;
        Ok(Returned::Streamed { prelude, content })
    }
}

impl fmt::Debug for LinkedFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkedFunction")
    }
}
