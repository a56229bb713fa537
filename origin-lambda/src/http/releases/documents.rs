//! What is read of a release: its manifest, its signature and its objects; and the signature that is stored.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
};
use http::{HeaderValue, Response, StatusCode, header::LOCATION};
use keyfront_origin_core::{budget::Expense, releases::Tree};
use serde::Deserialize;
use utoipa::ToSchema;

use super::named::NamedRelease;
use crate::{
    error::Error,
    http::{
        openapi::{ReleaseReading, ReleaseStoring},
        query::{NoParameters, Parameters},
        refusal::Refusal,
        responses::{Content, Download, DownloadsBody},
    },
    origin::Origin,
    releases::Document,
};

/// Bytes of a signature.
const SIGNATURE: usize = 16 << 10;

/// Leads to the manifest of a release.
#[utoipa::path(get, path = "/releases/{site}/{id}/manifest", operation_id = "readManifest", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), security(("publisher" = [])), responses((status = 307, description = "`Location` reads it for five minutes", headers(("location" = String, description = "A presigned URL"))), ReleaseReading))]
pub(in crate::http) async fn manifest(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
) -> Result<Response<Body>, Refusal> {
    lead_to(&origin, &named, Document::Manifest).await
}

/// Leads to the signature of a release.
#[utoipa::path(get, path = "/releases/{site}/{id}/signature", operation_id = "readSignature", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), security(("publisher" = [])), responses((status = 307, description = "`Location` reads it for five minutes", headers(("location" = String, description = "A presigned URL"))), ReleaseReading))]
pub(in crate::http) async fn signature(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
) -> Result<Response<Body>, Refusal> {
    lead_to(&origin, &named, Document::Signature).await
}

async fn lead_to(
    origin: &Origin,
    named: &NamedRelease,
    document: Document,
) -> Result<Response<Body>, Refusal> {
    let publisher = named.session.publisher();
    origin.budgets.take(publisher, Expense::Signing)?;
    let limits = publisher.site_limits.unwrap_or_default();
    let url = origin
        .releases()
        .read_document(named.path(), document, limits)
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let location = HeaderValue::try_from(url).map_err(|_| Error::Internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Objects to read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DownloadsDocument {
    /// 1 to 500
    files: Vec<WantedObject>,
}

/// An object to read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedObject {
    /// `files`, `br` or `gzip`
    #[schema(value_type = String)]
    tree: Tree,
    path: String,
}

/// Signs requests that read objects of a release. S3 answers 404 for what is not there.
#[utoipa::path(post, path = "/releases/{site}/{id}/downloads", operation_id = "readReleaseObjects", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = DownloadsDocument), security(("publisher" = [])), responses((status = 200, description = "A URL for each, in their order", body = DownloadsBody), ReleaseReading))]
pub(in crate::http) async fn download(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    crate::http::document::Document(document): crate::http::document::Document<DownloadsDocument>,
) -> Result<Json<DownloadsBody>, Refusal> {
    let publisher = named.session.publisher();
    origin.budgets.take(publisher, Expense::Signing)?;
    let limits = publisher.site_limits.unwrap_or_default();
    let wanted = document.files.into_iter();
    let wanted: Vec<_> = wanted.map(|object| (object.tree, object.path)).collect();
    let grants = origin
        .releases()
        .read_objects(named.path(), &wanted, limits)
        .await?;
    let files = wanted.into_iter().zip(grants);
    let files = files.map(|((tree, path), grant)| Download {
        tree: tree.as_str(),
        path,
        url: grant.url,
        expires: grant.expires,
    });
    Ok(Json(DownloadsBody {
        files: files.collect(),
    }))
}

/// Stores the signature of a release: a DSSE envelope of at most 16 KiB. Who signed is for readers to check.
#[utoipa::path(put, path = "/releases/{site}/{id}/signature", operation_id = "signRelease", tag = "releases", params(("site" = String, Path, description = "The site"), ("id" = String, Path, description = "The release: 64 hex digits")), request_body(content = Content, content_type = "application/json", description = "A DSSE envelope"), security(("publisher" = [])), responses((status = 204, description = "Stored"), ReleaseStoring))]
pub(in crate::http) async fn put_signature(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    named: NamedRelease,
    body: Body,
) -> Result<StatusCode, Refusal> {
    origin
        .budgets
        .take(named.session.publisher(), Expense::Signing)?;
    let envelope = to_bytes(body, SIGNATURE).await.map_err(|_| {
        Error::UploadRefused(format!(
            "the signature cannot be read, or is over {SIGNATURE} bytes"
        ))
    })?;
    origin.releases().sign(named.path(), &envelope).await?;
    Ok(StatusCode::NO_CONTENT)
}
