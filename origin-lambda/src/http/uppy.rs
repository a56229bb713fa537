//! The S3 part of Uppy Companion's HTTP API, under `/s3`, as `@uppy/aws-s3` 3 to 6 call it.
//!
//! Companion names the objects, and so does this: every upload gets a fresh key in the folder that
//! `metadata[prefix]` names, or else in that of the publisher's first rule that takes the type. Uppy's calls carry no
//! sizes, so a file that is sent in parts has its own in its metadata: each part is bound to its length, as with any upload.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
};
use http::request::Parts;
use keyfront_origin_core::{
    budget::Expense,
    sealed_metadata::Details,
    uploads::{KeyOrigin, MAX_PARTS, MIN_PART, SendBy, UploadRequest, fresh_key, lifetime},
};
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
    upload_fields::media_type,
    uppy_metadata::UppyMetadata,
};
use crate::{
    error::Error,
    media_type::MediaType,
    origin::Origin,
    publisher::{Method, Overwrite, Session},
    uploads::{self, Begun},
};

/// Plans one form upload.
#[utoipa::path(get, path = "/s3/params", operation_id = "uppyParameters", tag = "uppy", params(UppyFileQuery), security(("publisher" = [])), responses((status = 200, description = "The form", body = UppyForm), Storing))]
pub(super) async fn parameters(
    State(origin): State<Arc<Origin>>,
    Parameters(file): Parameters<UppyFile>,
    Identified(session): Identified,
) -> Result<Json<UppyForm>, Refusal> {
    let request = upload_request(&session, file, SendBy::Form)?;
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
    let file = UppyFile {
        metadata: UppyMetadata::read(document.metadata)?,
        name: document.filename,
        media_type: document.media_type,
    };
    let request = upload_request(&session, file, SendBy::Multipart)?;
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
    UppyUpload { named, .. }: UppyUpload,
) -> Result<Json<Vec<UppyPart>>, Refusal> {
    let (upload, _) = named.readmitted()?;
    let publisher = named.session.publisher();
    origin.budgets.take(publisher, Expense::Listing)?;
    let parts = uploads::parts(&origin.store, &upload).await?.into_iter();
    let parts = parts.map(|part| UppyPart {
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
    UppyUpload {
        named,
        part_numbers,
    }: UppyUpload,
) -> Result<Json<UppySigned>, Refusal> {
    let batch = part == "batch";
    let list = if batch { part_numbers } else { Some(part) };
    let number = |text: &str| {
        text.parse()
            .map_err(|_| Error::UploadRefused("a part is named by its number".to_owned()))
    };
    let list = list.ok_or_else(|| Error::Query("partNumbers is missing".to_owned()))?;
    let parts = list
        .split(',')
        .map(|text| Ok((number(text)?, None)))
        .collect::<Result<_, Error>>()?;
    let (upload, rule) = named.readmitted()?;
    let publisher = named.session.publisher();
    origin.budgets.take(publisher, Expense::Signing)?;
    let lifetime = lifetime(rule, origin.presigner.longest_lifetime(), None)?;
    let grants = uploads::sign_parts(&origin.presigner, &upload, &parts, lifetime).await?;
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
    UppyUpload { named, .. }: UppyUpload,
) -> Result<Json<UppyLocation>, Refusal> {
    let NamedUpload { session, upload } = named;
    let upload = origin.completable(&session, upload).await?;
    origin.complete(&session, &upload).await?;
    let location = origin.presigner.location(&upload.object_key()?);
    Ok(Json(UppyLocation {
        location,
        key: upload.key,
        bucket: origin.store.bucket().to_string(),
    }))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/s3/multipart/{token}", operation_id = "uppyAbort", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "It is over", body = Empty), Describing))]
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    UppyUpload { named, .. }: UppyUpload,
) -> Result<Json<Empty>, Refusal> {
    uploads::abort(&origin.store, &named.upload).await?;
    Ok(Json(Empty {}))
}

/// The token's upload; the `key` that Uppy repeats must be its key.
pub(super) struct UppyUpload {
    named: NamedUpload,
    part_numbers: Option<String>,
}

impl FromRequestParts<Arc<Origin>> for UppyUpload {
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

fn upload_request(
    session: &Session,
    file: UppyFile,
    send_by: SendBy,
) -> Result<UploadRequest, Error> {
    let content_type = media_type(file.media_type.as_deref())?;
    let UppyMetadata {
        folder,
        size,
        part_size,
        mut fields,
    } = file.metadata;
    // Uppy repeats what it says beside the metadata.
    let said = [
        ("name", Some(&file.name)),
        ("type", file.media_type.as_ref()),
    ];
    fields.retain(|name, value| {
        let repeats = |(own, said): &(&str, Option<&String>)| name == own && *said == Some(value);
        !said.iter().any(repeats)
    });
    let part_size = match (send_by, size) {
        (SendBy::Multipart, None) => {
            return Err(Error::UploadRefused(
                "a file in parts needs its size, so that each part can be bound to its length: put `size` into its metadata"
                    .to_owned(),
            ));
        }
        (SendBy::Multipart, Some(size)) => Some(part_size.unwrap_or(usual_part(size))),
        _ => None,
    };
    let folder = match folder {
        Some(folder) => folder,
        None => folder_for(session, &content_type)?,
    };
    let random_name = uuid::Uuid::new_v4().to_string();
    Ok(UploadRequest {
        key: fresh_key(&folder, &random_name, &file.name)?,
        size,
        part_size,
        content_type,
        content_encoding: None,
        checksum: None,
        encryption: None,
        overwrite: Overwrite::Refuse,
        send_by,
        lifetime: None,
        key_origin: KeyOrigin::Fresh,
        details: Details::of_document(Some(file.name), Vec::new())?.with_fields(fields)?,
    })
}

/// Bytes of Uppy's parts, unless the page chooses otherwise: a ten-thousandth of the file, at least 5 MiB.
fn usual_part(size: u64) -> u64 {
    size.div_ceil(u64::from(MAX_PARTS)).max(MIN_PART)
}

fn folder_for(session: &Session, content_type: &MediaType) -> Result<String, Error> {
    let publisher = session.publisher();
    let fits = publisher.rules.iter().find(|rule| {
        rule.admit_method(Method::Put).is_ok()
            && rule
                .admit_upload(content_type, None, Overwrite::Refuse)
                .is_ok()
    });
    let rule = fits.ok_or_else(|| {
        Error::UploadRefused(format!(
            "no rule of publisher {:?} takes uploads of this type",
            publisher.id
        ))
    })?;
    Ok(rule.prefix.as_str().to_owned())
}
