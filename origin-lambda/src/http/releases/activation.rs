//! What becomes of a filled release: verified, activated, removed.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use keyfront_origin_core::{
    budget::Expense,
    releases::{ReleaseId, activation::Expected},
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::named::NamedRelease;
use crate::{
    http::{
        document::Document,
        openapi::{ReleaseReading, ReleaseStoring},
        query::{NoParameters, Parameters},
        refusal::Refusal,
        responses::{ReleaseBody, RemovedBody, VerifyBody},
    },
    origin::Origin,
};

/// Where checking goes on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct VerifyDocument {
    /// `cursor` of the page before; none begins anew
    cursor: Option<String>,
}

/// Checks the objects of a release, some seconds long: call again with the cursor until it is verified.
#[utoipa::path(post, path = "/releases/{site}/{id}/verify", operation_id = "verifyRelease", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = VerifyDocument), security(("publisher" = [])), responses((status = 200, description = "How far it has come", body = VerifyBody), ReleaseStoring))]
pub(in crate::http) async fn verify(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    Document(VerifyDocument { cursor }): Document<VerifyDocument>,
) -> Result<Json<VerifyBody>, Refusal> {
    let session = &named.session;
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let (releases, path) = (origin.releases(), named.path());
    let position = match &cursor {
        Some(text) => Some(releases.position(session, path, text).await?),
        None => None,
    };
    let limits = session.publisher().site_limits.unwrap_or_default();
    let page = releases.verify(path, position, limits).await?;
    let cursor = match &page.next {
        Some(next) => Some(releases.cursor(session, next).await?),
        None => None,
    };
    Ok(Json(VerifyBody {
        verified: cursor.is_none(),
        checked: page.checked,
        of: page.of,
        cursor,
    }))
}

/// What the activation replaces.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ActivateDocument {
    /// The release that must be active now, or `null` for none; whichever it is unless given
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    replaces: Option<Option<ReleaseId>>,
}

/// A field that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<ReleaseId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Makes a verified release the active one. The CDN forgets what it replaced a little later: ask for its state.
#[utoipa::path(post, path = "/releases/{site}/{id}/activate", operation_id = "activateRelease", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = ActivateDocument), security(("publisher" = [])), responses((status = 202, description = "It is active", body = ReleaseBody), ReleaseStoring))]
pub(in crate::http) async fn activate(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    Document(ActivateDocument { replaces }): Document<ActivateDocument>,
) -> Result<(StatusCode, Json<ReleaseBody>), Refusal> {
    let publisher = named.session.publisher();
    let author = named.session.author()?;
    origin.budgets.take(publisher, Expense::Listing)?;
    let expected = match replaces {
        None => Expected::Any,
        Some(None) => Expected::Nothing,
        Some(Some(release)) => Expected::Release(release),
    };
    let activation = origin
        .releases()
        .activate(author, named.path(), &expected, |paths| {
            let budgets = &origin.budgets;
            budgets.take_many(publisher, Expense::Invalidation, paths)
        })
        .await?;
    let body = ReleaseBody::activated(named.id.to_string(), activation);
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// Removes a release that nobody needs, in pages.
#[utoipa::path(delete, path = "/releases/{site}/{id}", operation_id = "removeRelease", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), security(("publisher" = [])), responses((status = 200, description = "What was removed", body = RemovedBody), ReleaseReading))]
pub(in crate::http) async fn remove(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
) -> Result<Json<RemovedBody>, Refusal> {
    origin
        .budgets
        .take(named.session.publisher(), Expense::Listing)?;
    let removed = origin.releases().remove(named.path()).await?;
    Ok(Json(RemovedBody {
        removed: removed.removed,
        more: removed.more,
    }))
}
