//! The upload that a request's path names by its token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use keyfront_origin_core::uploads::Upload;

use super::identified::Identified;
use super::refusal::Refusal;
use crate::{error::Error, origin::Origin, publisher::Session};

/// An upload of whoever sends the request.
#[derive(Debug)]
pub(super) struct NamedUpload {
    pub(super) session: Session,
    /// As it was authorised when it began.
    pub(super) upload: Upload,
}

impl FromRequestParts<Arc<Origin>> for NamedUpload {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let Identified(session) = Identified::from_request_parts(parts, origin).await?;
        let parameters = RawPathParams::from_request_parts(parts, origin).await;
        // What does not decode is no token of ours.
        let parameters = parameters.map_err(|_| Error::UploadUnknown)?;
        let token = parameters.iter().find(|(name, _)| *name == "token");
        let (_, token) = token.ok_or(Error::UploadUnknown)?;
        let upload = origin.upload(&session, token).await?;
        Ok(Self { session, upload })
    }
}
