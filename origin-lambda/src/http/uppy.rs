//! The S3 part of Uppy Companion's HTTP API, under `/s3`, as `@uppy/aws-s3` 3 to 6 call it.
//!
//! Companion names the objects, and so does this: every upload gets a fresh key in the folder that
//! `metadata[prefix]` names, or else in that of the publisher's first rule that takes the type ([`UppyUpload::request`]
//! decides). Uppy's calls carry no sizes, so a file that is sent in parts has its own in its metadata.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
};
use http::request::Parts;
use keyfront_origin_core::uploads::{SendBy, UppyMetadata, UppyUpload};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    document::Document,
    identified::Identified,
    named_upload::NamedUpload,
    openapi::{Completing, Describing, Storing},
    query::{Parameters, UppyFile, UppyFileQuery, UppyKeyQuery},
    refusal::Refusal,
    responses::{Empty, UppyForm, UppyLocation, UppyMultipart, UppyPart, UppySigned},
};
use crate::{
    error::Error,
    origin::Origin,
    uploads::{self, Begun},
};

/// Plans one form upload.
#[utoipa::path(get, path = "/s3/params", operation_id = "uppyParameters", tag = "uppy", params(UppyFileQuery), security(("publisher" = [])), responses((status = 200, description = "The form", body = UppyForm), Storing))]
pub(super) async fn parameters(
    State(origin): State<Arc<Origin>>,
    Parameters(file): Parameters<UppyFile>,
    Identified(session): Identified,
) -> Result<Json<UppyForm>, Refusal> {
    let UppyFile {
        name: file_name,
        media_type,
        metadata,
    } = file;
    let upload = UppyUpload {
        file_name,
        media_type,
        metadata,
        send_by: SendBy::Form,
    };
    let request = upload.request(session.publisher(), &random_name())?;
    let Begun { upload, grant } = origin.begin(&session, &request).await?;
    let grant = grant.ok_or(Error::Internal)?;
    Ok(Json(UppyForm {
        method: "POST",
        url: grant.url,
        fields: grant.headers.into_iter().collect(),
        expires: grant.lifetime,
        key: upload.key,
    }))
}

/// A file. Unknown fields are Uppy's own business; these are read.
#[derive(Deserialize, ToSchema)]
pub(super) struct CreateDocument {
    filename: String,
    #[serde(rename = "type")]
    media_type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, Value>,
}

/// Begins an upload in parts.
#[utoipa::path(post, path = "/s3/multipart", operation_id = "uppyCreate", tag = "uppy", request_body(content = CreateDocument), security(("publisher" = [])), responses((status = 200, description = "Begun", body = UppyMultipart), Storing))]
pub(super) async fn create(
    State(origin): State<Arc<Origin>>,
    Identified(session): Identified,
    Document(document): Document<CreateDocument>,
) -> Result<Json<UppyMultipart>, Refusal> {
    let upload = UppyUpload {
        file_name: document.filename,
        media_type: document.media_type,
        metadata: UppyMetadata::read(document.metadata)?,
        send_by: SendBy::Multipart,
    };
    let request = upload.request(session.publisher(), &random_name())?;
    let Begun { upload, .. } = origin.begin(&session, &request).await?;
    let upload_id = origin.token(&session, &upload).await?;
    Ok(Json(UppyMultipart {
        key: upload.key,
        upload_id,
    }))
}

/// Lists the parts S3 holds, in its spelling.
#[utoipa::path(get, path = "/s3/multipart/{token}", operation_id = "uppyListParts", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "The parts", body = Vec<UppyPart>), Describing))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    NamedUppyUpload { named, .. }: NamedUppyUpload,
) -> Result<Json<Vec<UppyPart>>, Refusal> {
    let NamedUpload { session, upload } = named;
    let (_, held) = origin.held_parts(&session, upload).await?;
    let parts = held.into_iter().map(|part| UppyPart {
        part_number: part.number,
        size: part.size,
        etag: part.etag,
    });
    Ok(Json(parts.collect()))
}

/// Signs a request for a part, or with `batch` in its place for each of `partNumbers`.
#[utoipa::path(get, path = "/s3/multipart/{token}/{part}", operation_id = "uppySign", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("part" = String, Path, description = "A number, or `batch`"), UppyKeyQuery), security(("publisher" = [])), responses((status = 200, description = "Presigned", body = UppySigned), Describing))]
pub(super) async fn sign(
    State(origin): State<Arc<Origin>>,
    Path((_, part)): Path<(String, String)>,
    NamedUppyUpload {
        named,
        part_numbers,
    }: NamedUppyUpload,
) -> Result<Json<UppySigned>, Refusal> {
    let batch = part == "batch";
    let list = if batch { part_numbers } else { Some(part) };
    let number = |text: &str| {
        text.parse()
            .map_err(|_| Error::UploadRefused("part numbers must be whole numbers".to_owned()))
    };
    let list = list.ok_or_else(|| Error::Query("partNumbers is missing".to_owned()))?;
    let parts = list
        .split(',')
        .map(|text| Ok((number(text)?, None)))
        .collect::<Result<_, Error>>()?;
    let NamedUpload { session, upload } = named;
    let grants = origin.sign_parts(&session, upload, &parts, None).await?;
    if batch {
        let urls = grants.into_iter();
        let urls = urls.map(|(number, grant)| (number.to_string(), grant.url));
        return Ok(Json(UppySigned::Batch {
            presigned_urls: urls.collect(),
        }));
    }
    let (_, grant) = grants.into_iter().next().ok_or(Error::Internal)?;
    Ok(Json(UppySigned::One {
        url: grant.url,
        expires: grant.lifetime,
    }))
}

/// Completes an upload. S3's own list of parts counts, not the client's.
#[utoipa::path(post, path = "/s3/multipart/{token}/complete", operation_id = "uppyComplete", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "Stored and verified", body = UppyLocation), Completing))]
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    NamedUppyUpload { named, .. }: NamedUppyUpload,
) -> Result<Json<UppyLocation>, Refusal> {
    let NamedUpload { session, upload } = named;
    let (upload, ..) = origin.complete(&session, upload).await?;
    let location = origin.presigner.location(&upload.object_key()?);
    Ok(Json(UppyLocation {
        location,
        key: upload.key,
        bucket: origin.store.bucket().to_string(),
    }))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/s3/multipart/{token}", operation_id = "uppyAbort", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "Aborted", body = Empty), Describing))]
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    NamedUppyUpload { named, .. }: NamedUppyUpload,
) -> Result<Json<Empty>, Refusal> {
    uploads::abort(&origin.store, &named.upload).await?;
    Ok(Json(Empty {}))
}

/// The token's upload; the `key` that Uppy repeats must be its key.
pub(super) struct NamedUppyUpload {
    named: NamedUpload,
    part_numbers: Option<String>,
}

impl FromRequestParts<Arc<Origin>> for NamedUppyUpload {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let Parameters(UppyKeyQuery { key, part_numbers }) =
            Parameters::from_request_parts(parts, origin).await?;
        let named = NamedUpload::from_request_parts(parts, origin).await?;
        match key {
            Some(key) if key != named.upload.key => Err(Error::UploadUnknown.into()),
            _ => Ok(Self {
                named,
                part_numbers,
            }),
        }
    }
}

/// A part of the key that nobody can guess.
fn random_name() -> String {
    uuid::Uuid::new_v4().to_string()
}
