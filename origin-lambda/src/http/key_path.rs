//! The object key that a request's path names.
//!
//! It is read from the raw path, never from the router's own decoding: the rules of decoding are `ObjectKey`'s alone.

use axum::extract::{FromRequestParts, MatchedPath};
use http::request::Parts;
use keyfront_names::ObjectKey;

use super::refusal::Refusal;
use crate::error::Error;

/// What routes of objects end with.
const KEY: &str = "{*key}";

/// The key behind the route's own beginning.
#[derive(Debug)]
pub(super) struct KeyPath(pub(super) ObjectKey);

impl<S: Sync> FromRequestParts<S> for KeyPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let route = parts.extensions.get::<MatchedPath>();
        let before = route.and_then(|route| route.as_str().strip_suffix(KEY));
        // The route has matched, so its beginning is there; a path without it names nothing.
        let encoded = before.and_then(|before| parts.uri.path().strip_prefix(before));
        let key = ObjectKey::from_wire_path(encoded.ok_or(Error::NotFound)?);
        Ok(Self(key.map_err(Error::Key)?))
    }
}
