//! The entity tag that a conditional deletion names.

use axum::extract::FromRequestParts;
use http::request::Parts;
use keyfront_origin_core::publish::entity_tag;

use super::refusal::Refusal;

/// `If-Match`: one strong entity tag, `*`, or none.
#[derive(Debug)]
pub(super) struct IfMatch(pub(super) Option<String>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(entity_tag(&parts.headers)?))
    }
}
