//! Calls and answers.

use bytes::Bytes;
use http::{Method, StatusCode};

/// The account of every caller.
pub const ACCOUNT: &str = "123456789012";

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The access key that signed it.
    pub access_key: String,
    pub region: String,
    pub service: String,
    /// `CreateChangeSet`, or `PUT /bucket/key`.
    pub action: String,
}

/// An answer before it is written.
pub(crate) type Reply = (StatusCode, String, Vec<(&'static str, String)>);

/// A call's parts.
pub(crate) struct RecordedCall {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Bytes,
    pub(super) region: String,
}
