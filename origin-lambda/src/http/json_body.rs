//! Small JSON request bodies, read whole and strictly.

use axum::body::{Body, to_bytes};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Bytes of a document that lists 10,000 parts, generously.
pub(super) const DOCUMENT: usize = 2 << 20;

/// Reads a body of at most `limit` bytes as the JSON document `T`; an empty body as `{}`.
pub(super) async fn read<T: DeserializeOwned>(body: Body, limit: usize) -> Result<T, Error> {
    let bytes = to_bytes(body, limit).await.map_err(|_| {
        Error::UploadRefused(format!(
            "the document cannot be read, or is over {limit} bytes"
        ))
    })?;
    let bytes = if bytes.is_empty() { b"{}" } else { &bytes[..] };
    serde_json::from_slice(bytes).map_err(|error| Error::UploadRefused(error.to_string()))
}
