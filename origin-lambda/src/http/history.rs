//! Former objects: what was deleted, the versions of an object, and bringing one back.
//!
//! The versions of a key are not below `/objects/KEY`, where any name may be the end of a key.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use keyfront_origin_core::budget::Expense;

use super::{
    document::Document,
    identified::Identified,
    key_path::KeyPath,
    openapi::{Completing, Describing, Listing},
    query::{CursorQuery, DeletedQuery, DeletedSelection, NoParameters, Parameters},
    refusal::Refusal,
    responses::{DeletedListing, RestoredBody, VersionsBody},
};
use crate::{
    error::Error,
    history::{self, DeletedScope},
    origin::Origin,
    publisher::Method,
};

/// Versions of a page.
const VERSIONS: u16 = 100;

/// Lists the versions of an object, the newest first.
#[utoipa::path(get, path = "/versions/{key}", operation_id = "listVersions", tag = "history", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), CursorQuery), security(("publisher" = [])), responses((status = 200, description = "At most 100 versions", body = VersionsBody), Describing))]
pub(super) async fn versions(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Parameters(CursorQuery { cursor }): Parameters<CursorQuery>,
    Identified(session): Identified,
) -> Result<Json<VersionsBody>, Refusal> {
    session.publisher().authorise(Method::Head, &key)?;
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let found = history::versions(&origin.store, &key, cursor.as_deref(), VERSIONS).await?;
    Ok(Json(VersionsBody::of(&key, found)))
}

/// Which version to bring back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RestoreDocument {
    /// Its id, as listed
    version: String,
}

/// Makes a former version the current object.
#[utoipa::path(post, path = "/versions/{key}", operation_id = "restoreVersion", tag = "history", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`")), request_body(content = RestoreDocument), security(("publisher" = [])), responses((status = 200, description = "It is current again", body = RestoredBody), Completing))]
pub(super) async fn restore(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
    Document(document): Document<RestoreDocument>,
) -> Result<Json<RestoredBody>, Refusal> {
    let restored = origin.restore(&session, &key, &document.version).await?;
    let (restored, reach) = restored;
    Ok(Json(RestoredBody {
        key: key.as_str().to_owned(),
        version: restored.version,
        etag: restored.etag,
        cdn: reach.map(|reach| reach.to_string()),
    }))
}

/// Lists deleted objects that can be brought back.
#[utoipa::path(get, path = "/deleted", operation_id = "listDeleted", tag = "history", params(DeletedQuery), security(("publisher" = [])), responses((status = 200, description = "A page", body = DeletedListing), Listing))]
pub(super) async fn deleted(
    State(origin): State<Arc<Origin>>,
    Parameters(selected): Parameters<DeletedSelection>,
    Identified(session): Identified,
) -> Result<Json<DeletedListing>, Refusal> {
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let cursor = match &selected.cursor {
        Some(text) => {
            let read = |plain: &str| serde_json::from_str(plain).ok();
            Some(origin.position(&session, text, read).await?)
        }
        None => None,
    };
    let scope = DeletedScope {
        publisher: session.publisher(),
        prefix: &selected.prefix,
        cursor: cursor.as_ref(),
        limit: selected.limit,
    };
    let page = history::deleted(&origin.store, scope).await?;
    let next_cursor = match &page.next {
        Some(next) => {
            let plain = serde_json::to_string(next).map_err(|_| Error::Internal)?;
            Some(origin.cursor(&session, &plain).await?)
        }
        None => None,
    };
    Ok(Json(DeletedListing::of(page.objects, next_cursor)))
}
