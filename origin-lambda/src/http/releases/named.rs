//! The site and the release that a request's path names, and the publisher who may publish there.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use keyfront_origin_core::releases::{ReleaseId, SiteName};

use crate::{
    error::Error,
    http::{identified::Identified, refusal::Refusal},
    origin::Origin,
    publisher::Session,
    releases::ReleasePath,
};

/// A site of whoever sends the request.
pub(in crate::http) struct NamedSite {
    pub(super) session: Session,
    pub(super) site: SiteName,
}

/// A release of such a site.
pub(in crate::http) struct NamedRelease {
    pub(super) session: Session,
    pub(super) site: SiteName,
    pub(super) id: ReleaseId,
}

impl NamedRelease {
    pub(super) fn path(&self) -> ReleasePath<'_> {
        ReleasePath {
            site: &self.site,
            id: self.id,
        }
    }
}

impl FromRequestParts<Arc<Origin>> for NamedSite {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let Identified(session) = Identified::from_request_parts(parts, origin).await?;
        let site = parameter::<SiteName>(parts, origin, "site").await?;
        session.publisher().authorise_site(&site)?;
        Ok(Self { session, site })
    }
}

impl FromRequestParts<Arc<Origin>> for NamedRelease {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let NamedSite { session, site } = NamedSite::from_request_parts(parts, origin).await?;
        let id = parameter(parts, origin, "id").await?;
        Ok(Self { session, site, id })
    }
}

/// A name of the path. What is none names nothing.
async fn parameter<T: std::str::FromStr>(
    parts: &mut Parts,
    origin: &Arc<Origin>,
    wanted: &str,
) -> Result<T, Error> {
    let parameters = RawPathParams::from_request_parts(parts, origin).await;
    let parameters = parameters.map_err(|_| Error::NotFound)?;
    let found = parameters.iter().find(|(name, _)| *name == wanted);
    let parsed = found.and_then(|(_, text)| text.parse().ok());
    parsed.ok_or(Error::NotFound)
}
