//! How an invocation ends: with what the function returned, or without an answer.

use std::time::Duration;

use axum::body::Body;
use serde_json::Value;
use thiserror::Error;

use super::{PAYLOAD_LIMIT, STREAM_LIMIT};

/// An invocation without an answer that can be passed on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvokeError {
    /// The process ended, or its stack is stopping. The next invocation gets another process.
    #[error("the function ended before it responded")]
    Crashed,
    /// The function ran into its time limit and was ended.
    #[error("the function did not respond within {0:?}")]
    TimedOut(Duration),
    /// The function reported an error; its log says more.
    #[error("the function failed: {0}")]
    Threw(String),
    /// The answer is over [`PAYLOAD_LIMIT`]; the function must answer less.
    #[error("the function's response is larger than {PAYLOAD_LIMIT} bytes")]
    TooLarge,
    /// The streamed answer is over [`STREAM_LIMIT`] and was ended there.
    #[error("the function's streamed response is larger than {STREAM_LIMIT} bytes")]
    StreamTooLarge,
    /// The function reported, midway through a streamed answer, that it failed.
    #[error("the function's streamed response failed midway: {0}")]
    BrokenOff(String),
    /// The function answered something that is no answer.
    #[error("the function's response is malformed: {0}")]
    Malformed(&'static str),
}

/// What a function returned.
#[derive(Debug)]
pub(super) enum Returned {
    /// All of it, in the payload format.
    Whole(Value),
    /// Status and headers, and content that is still on its way.
    Streamed {
        /// `{statusCode, headers, cookies}`
        prelude: Value,
        /// Ends in an error if the function failed.
        content: Body,
    },
}
