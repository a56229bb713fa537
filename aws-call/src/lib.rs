//! Calls to AWS services without their SDKs: a `POST` signed by `keyfront-sigv4`, sent over the HTTP client that the
//! SDKs link anyway, repeated where that helps. The origin calls CloudFront and SSM with it, `keyfront` CloudWatch Logs and
//! S3 Control (docs/decisions/0015-two-calls-without-their-sdks.md).
//!
//! It knows the form of AWS's requests and errors, and no operation: those are their users'.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod credentials;
mod http;
mod json_document;
mod service;

pub use self::{
    credentials::{
        SessionEnd, SigningCredentials, SigningCredentialsError, SigningMoment, amz_date,
    },
    http::{HttpCaller, HttpError, Limits, Reply},
    json_document::JsonDocumentError,
    service::{AwsError, Call, RetryPolicy, Service, status_may_pass},
};

/// What an error wraps.
pub type Source = Box<dyn std::error::Error + Send + Sync>;
