//! The publisher behind a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::refusal::Refusal;
use super::{
    credentials::{Transport, presented},
    middleware,
};
use crate::{error::Error, origin::Origin, publisher::Session};

/// The identified publisher; a request without one is refused.
#[derive(Debug)]
pub(super) struct Identified(pub(super) Session);

impl FromRequestParts<Arc<Origin>> for Identified {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let transport = parts.extensions.get::<Transport>();
        let transport = transport.cloned().ok_or(Error::Internal)?;
        let credential = presented(transport, &parts.headers)?;
        let session = origin.directory.identify(&origin.store, credential).await?;
        middleware::note_publisher(&session);
        Ok(Self(session))
    }
}
