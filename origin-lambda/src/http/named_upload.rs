//! The upload that a request's path names by its token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use keyfront_origin_core::uploads::Upload;

use super::identified::Identified;
use super::refusal::Refusal;
use crate::{error::Error, origin::Origin, publisher::Rule, uploads::unix_time};

/// An upload of the identified publisher.
#[derive(Debug)]
pub(super) struct NamedUpload {
    /// As it was authorised when it began.
    pub(super) upload: Upload,
    /// What decides for its key now.
    pub(super) rule: Rule,
}

impl NamedUpload {
    /// The upload, if the rule still allows it.
    ///
    /// # Errors
    /// As [`Upload::readmitted`].
    pub(super) fn readmitted(self) -> Result<Upload, Error> {
        self.upload.readmitted(&self.rule, unix_time())
    }
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
        let (upload, rule) = origin.upload(&session, token).await?;
        Ok(Self { upload, rule })
    }
}
