//! Why a function gave no usable answer, and which error of CloudFront's that is.

use std::time::Duration;

use thiserror::Error;

/// Why a function gave no usable answer.
#[derive(Debug, Clone, Error)]
pub(crate) enum EdgeFailure {
    /// What it returned is not acceptable: CloudFront's `LambdaValidationError`, 502.
    #[error("the function's result is not valid: {0}")]
    Invalid(String),
    /// It threw: `LambdaExecutionError`, 503.
    #[error("the function threw: {0}")]
    Threw(String),
    /// Its process ended: `LambdaExecutionError`, 503.
    #[error("the function's process ended")]
    Crashed,
    /// It did not return in time: `LambdaExecutionError`, 503.
    #[error("the function did not return within {0:?}")]
    TimedOut(Duration),
    /// Too many invocations wait: `LambdaLimitExceeded`, 503.
    #[error("too many invocations wait for the function")]
    Overloaded,
}
