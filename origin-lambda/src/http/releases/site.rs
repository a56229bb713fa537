//! A site's releases: its log, a release that is begun, and how far one has come.

use std::sync::Arc;

use axum::{Json, extract::State};
use keyfront_origin_core::{budget::Expense, releases::ReleaseId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::named::{NamedRelease, NamedSite};
use crate::{
    error::Error,
    http::{
        document::Document,
        openapi::{ReleaseReading, ReleaseStoring},
        query::{CursorQuery, NoParameters, Parameters},
        refusal::Refusal,
        responses::{LogBody, ReleaseBegun, ReleaseBody, ReleaseListed},
    },
    origin::Origin,
    releases::{LogPosition, ReleasePath, ReleaseState},
};

/// Lists a site's activations, the newest first, and the releases in the bucket.
#[utoipa::path(get, path = "/releases/{site}", operation_id = "listReleases", tag = "releases", params(("site" = String, Path, description = "The site: 1 to 63 of `a-z`, `0-9` and `-`"), CursorQuery), security(("publisher" = [])), responses((status = 200, description = "A page", body = LogBody), ReleaseReading))]
pub(in crate::http) async fn list(
    State(origin): State<Arc<Origin>>,
    NamedSite { session, site }: NamedSite,
    Parameters(CursorQuery { cursor }): Parameters<CursorQuery>,
) -> Result<Json<LogBody>, Refusal> {
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let position = match &cursor {
        Some(text) => {
            let read = |plain: &str| LogPosition::read(plain, &site);
            Some(origin.position(&session, text, read).await?)
        }
        None => None,
    };
    let page = origin.releases().list(&site, position).await?;
    let next_cursor = match &page.next {
        Some(next) => {
            let plain = serde_json::to_string(next).map_err(|_| Error::Internal)?;
            Some(origin.cursor(&session, &plain).await?)
        }
        None => None,
    };
    let listed = |(id, state): (ReleaseId, ReleaseState)| ReleaseListed {
        id: id.to_string(),
        state,
    };
    Ok(Json(LogBody {
        site: site.to_string(),
        active: page.active.map(|id| id.to_string()),
        log: page.log.into_iter().map(Into::into).collect(),
        releases: page
            .releases
            .map(|all| all.into_iter().map(listed).collect()),
        next_cursor,
    }))
}

/// A release to begin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BeginRelease {
    /// SHA-256 of the manifest, in 64 lower-case hex digits
    #[schema(value_type = String)]
    id: ReleaseId,
    /// Bytes of the manifest
    size: u64,
}

/// Begins a release: returns the request that stores its manifest, and how far it has come already.
#[utoipa::path(post, path = "/releases/{site}", operation_id = "beginRelease", tag = "releases", params(("site" = String, Path, description = "The site")), request_body(content = BeginRelease), security(("publisher" = [])), responses((status = 200, description = "How to store its manifest", body = ReleaseBegun), ReleaseStoring))]
pub(in crate::http) async fn begin(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    NamedSite { session, site }: NamedSite,
    Document(document): Document<BeginRelease>,
) -> Result<Json<ReleaseBegun>, Refusal> {
    // Before anything is uploaded that it could not activate.
    session.author()?;
    origin.budgets.take(session.publisher(), Expense::Signing)?;
    let BeginRelease { id, size } = document;
    let path = ReleasePath { site: &site, id };
    let limits = session.publisher().site_limits.unwrap_or_default();
    let begun = origin.releases().begin(path, size, limits).await?;
    Ok(Json(ReleaseBegun {
        id: id.to_string(),
        state: match begun.state {
            None => "new",
            Some(ReleaseState::Uploading) => "uploading",
            Some(ReleaseState::Verified) => "verified",
            Some(ReleaseState::Active) => "active",
            Some(ReleaseState::Superseded) => "superseded",
        },
        manifest: begun.manifest.into(),
    }))
}

/// Describes a release: how far it has come, and its last activation.
#[utoipa::path(get, path = "/releases/{site}/{id}", operation_id = "describeRelease", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), security(("publisher" = [])), responses((status = 200, description = "Its state", body = ReleaseBody), ReleaseReading))]
pub(in crate::http) async fn describe(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
) -> Result<Json<ReleaseBody>, Refusal> {
    origin
        .budgets
        .take(named.session.publisher(), Expense::Listing)?;
    let described = origin.releases().describe(named.path()).await?;
    Ok(Json(ReleaseBody::new(named.id.to_string(), described)))
}
