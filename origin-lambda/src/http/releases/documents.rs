//! The documents of a release: its manifest and its signature.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::State,
};
use http::{HeaderValue, Response, StatusCode, header::LOCATION};
use keyfront_origin_core::budget::Expense;

use super::named::NamedRelease;
use crate::{
    error::Error,
    http::{
        openapi::{ReleaseReading, ReleaseStoring},
        query::{NoParameters, Parameters},
        refusal::Refusal,
        responses::Content,
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
    origin
        .budgets
        .take(named.session.publisher(), Expense::Signing)?;
    let url = origin
        .releases()
        .read_document(named.path(), document)
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let location = HeaderValue::try_from(url).map_err(|_| Error::Internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
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
