//! Filling the trees of a release: what is there, uploads and copies.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use keyfront_origin_core::{
    budget::Expense,
    releases::{DeclaredObject, ReleaseId, Sha256Digest, Tree},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::named::NamedRelease;
use crate::{
    error::Error,
    http::{
        document::Document,
        openapi::{ReleaseReading, ReleaseStoring},
        query::{CursorQuery, NoParameters, Parameters},
        refusal::Refusal,
        responses::{CopiesBody, MissingCopy, TreeBody, TreeEntry, UploadsBody},
    },
    origin::Origin,
    releases::{CopyRequest, TreePosition},
};

/// Lists what is in the trees of a release.
#[utoipa::path(get, path = "/releases/{site}/{id}/present", operation_id = "listReleaseTree", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits"), CursorQuery), security(("publisher" = [])), responses((status = 200, description = "A page", body = TreeBody), ReleaseReading))]
pub(in crate::http) async fn present(
    State(origin): State<Arc<Origin>>,
    Parameters(CursorQuery { cursor }): Parameters<CursorQuery>,
    named: NamedRelease,
) -> Result<Json<TreeBody>, Refusal> {
    let session = &named.session;
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let position = match &cursor {
        Some(text) => {
            let read = |plain: &str| TreePosition::read(plain, &named.site, named.id);
            Some(origin.position(session, text, read).await?)
        }
        None => None,
    };
    let page = origin.releases().present(named.path(), position).await?;
    let next_cursor = match &page.next {
        Some(next) => {
            let plain = serde_json::to_string(next).map_err(|_| Error::Internal)?;
            Some(origin.cursor(session, &plain).await?)
        }
        None => None,
    };
    let entry = |(tree, path, size): (Tree, String, u64)| TreeEntry {
        tree: tree.as_str(),
        path,
        size,
    };
    Ok(Json(TreeBody {
        objects: page.objects.into_iter().map(entry).collect(),
        next_cursor,
    }))
}

/// Objects to upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UploadsDocument {
    /// 1 to 500, exactly as the manifest describes them
    files: Vec<DeclaredObject>,
}

/// Begins uploads of objects that the manifest describes: presigned requests that are bound to all of it.
#[utoipa::path(post, path = "/releases/{site}/{id}/uploads", operation_id = "uploadReleaseObjects", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = UploadsDocument), security(("publisher" = [])), responses((status = 200, description = "How to send each", body = UploadsBody), ReleaseStoring))]
pub(in crate::http) async fn upload(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    Document(document): Document<UploadsDocument>,
) -> Result<Json<UploadsBody>, Refusal> {
    let (publisher, budgets) = (named.session.publisher(), &origin.budgets);
    budgets.take(publisher, Expense::Signing)?;
    let releases = origin.releases();
    let charge = |uploads| budgets.take_many(publisher, Expense::Signing, uploads);
    let begun = releases.begin_uploads(&named.session, named.path(), document.files, charge);
    let files = begun.await?.into_iter().map(Into::into).collect();
    Ok(Json(UploadsBody { files }))
}

/// The parts of an upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CompleteDocument {
    /// The token that began it
    token: String,
    /// Every part
    parts: Vec<SentPart>,
}

/// A part that was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentPart {
    number: u32,
    /// As S3 returned it
    etag: String,
}

/// Completes an upload in parts. Its bytes are checked when the release is verified.
#[utoipa::path(post, path = "/releases/{site}/{id}/uploads/complete", operation_id = "completeReleaseUpload", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = CompleteDocument), security(("publisher" = [])), responses((status = 204, description = "The object is there"), ReleaseStoring))]
pub(in crate::http) async fn complete(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    Document(document): Document<CompleteDocument>,
) -> Result<StatusCode, Refusal> {
    origin
        .budgets
        .take(named.session.publisher(), Expense::Signing)?;
    let CompleteDocument { token, parts } = document;
    let parts = parts.into_iter().map(|part| (part.number, part.etag));
    let parts: Vec<_> = parts.collect();
    let releases = origin.releases();
    let completed = releases.complete_upload(&named.session, named.path(), &token, &parts);
    completed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Objects to copy from an earlier release.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CopiesDocument {
    /// The earlier release
    #[schema(value_type = String)]
    from: ReleaseId,
    /// 1 to 100
    files: Vec<CopyDocument>,
}

/// An object to copy, with the headers it is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CopyDocument {
    /// `files`, `br` or `gzip`
    #[schema(value_type = String)]
    tree: Tree,
    from_path: String,
    to_path: String,
    #[schema(value_type = String)]
    sha256: Sha256Digest,
    size: u64,
    #[serde(rename = "type")]
    media_type: String,
    cache: String,
    csp: Option<String>,
}

/// Copies objects from an earlier release of the site, on S3's side.
#[utoipa::path(post, path = "/releases/{site}/{id}/copies", operation_id = "copyReleaseObjects", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = CopiesDocument), security(("publisher" = [])), responses((status = 200, description = "What was copied", body = CopiesBody), ReleaseStoring))]
pub(in crate::http) async fn copy(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    Document(document): Document<CopiesDocument>,
) -> Result<Json<CopiesBody>, Refusal> {
    let publisher = named.session.publisher();
    origin.budgets.take(publisher, Expense::Signing)?;
    let limits = publisher.site_limits.unwrap_or_default();
    let requests = document.files.into_iter().map(|file| CopyRequest {
        from_path: file.from_path,
        object: DeclaredObject {
            tree: file.tree,
            path: file.to_path,
            size: file.size,
            sha256: file.sha256,
            media_type: file.media_type,
            cache: file.cache,
            csp: file.csp,
            token: None,
        },
    });
    let copied = origin
        .releases()
        .copy(named.path(), document.from, requests.collect(), limits)
        .await?;
    let missing = copied.missing.into_iter();
    let missing = missing.map(|(object, reason)| MissingCopy {
        tree: object.tree.as_str(),
        to_path: object.path,
        reason,
    });
    Ok(Json(CopiesBody {
        copied: copied.copied,
        missing: missing.collect(),
    }))
}
