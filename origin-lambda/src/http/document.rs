//! Small JSON request bodies, read whole and strictly.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use crate::error::Error;

/// Bytes of a document that lists 10,000 parts, generously.
const USUAL: usize = 2 << 20;

/// A body of at most `LIMIT` bytes as the JSON document `T`; an empty body counts as `{}`.
#[derive(Debug)]
pub(super) struct Document<T, const LIMIT: usize = USUAL>(pub(super) T);

impl<S: Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Document<T, LIMIT> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let bytes = to_bytes(request.into_body(), LIMIT).await.map_err(|_| {
            Error::UploadRefused(format!(
                "the document cannot be read, or is over {LIMIT} bytes"
            ))
        })?;
        let bytes = if bytes.is_empty() { b"{}" } else { &bytes[..] };
        let document = serde_json::from_slice(bytes);
        Ok(Self(document.map_err(|error| {
            Error::UploadRefused(error.to_string())
        })?))
    }
}
