//! The S3 part of Uppy Companion's HTTP API, under `/s3`, as `@uppy/aws-s3` 3 to 6 call it.
//!
//! Companion names the objects, and so does this: every upload gets a fresh key in the folder that
//! `metadata[prefix]` names, or else in that of the publisher's first rule that takes the type. Sizes
//! are not told by these calls; the rule's limit binds forms, and completion judges parts.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
};
use http::request::Parts;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Origin,
    answers::{Empty, UppyForm, UppyLocation, UppyMultipart, UppyPart, UppySigned},
    credentials::Transport,
    json_body,
    openapi::{Missing, Refusals, Writing},
    query,
    uploads::{LIFETIME, media_type},
};
use crate::{
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Session},
    sealed_metadata::Details,
    uploads::{self, Asked, Begun, Upload, Way, fresh_key},
};

/// Plans one form upload.
#[utoipa::path(get, path = "/s3/params", operation_id = "uppyParameters", tag = "uppy", params(("filename" = String, Query, description = "The file's name"), ("type" = Option<String>, Query, description = "Its media type"), ("metadata[prefix]" = Option<String>, Query, description = "The folder")), security(("publisher" = [])), responses((status = 200, description = "The form", body = UppyForm), Writing, Refusals))]
pub(super) async fn parameters(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<UppyForm>, Error> {
    let asked = query::uppy_file(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let asked = asked_of(
        &session,
        &asked.file_name,
        &asked.media_type,
        asked.prefix.as_deref(),
        Way::Form,
    )?;
    let Begun { upload, grant } = origin.begin(&session, &asked).await?;
    let grant = grant.ok_or(Error::Internal)?;
    Ok(Json(UppyForm {
        method: "POST",
        url: grant.url,
        fields: grant.headers.into_iter().collect(),
        expires: LIFETIME,
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
#[utoipa::path(post, path = "/s3/multipart", operation_id = "uppyCreate", tag = "uppy", request_body(content = CreateDocument), security(("publisher" = [])), responses((status = 200, description = "Begun", body = UppyMultipart), Writing, Refusals))]
pub(super) async fn create(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<UppyMultipart>, Error> {
    let (head, body) = request.into_parts();
    let session = origin.identify(transport, &head.headers).await?;
    let document: CreateDocument = json_body::read(body, json_body::DOCUMENT).await?;
    let prefix = document.metadata.get("prefix").and_then(Value::as_str);
    let media_type = document.media_type.unwrap_or_default();
    let asked = asked_of(
        &session,
        &document.filename,
        &media_type,
        prefix,
        Way::Multipart,
    )?;
    let Begun { upload, .. } = origin.begin(&session, &asked).await?;
    let upload_id = origin.token(&upload).await?;
    Ok(Json(UppyMultipart {
        key: upload.key,
        upload_id,
    }))
}

/// Lists the parts S3 holds, in its spelling.
#[utoipa::path(get, path = "/s3/multipart/{token}", operation_id = "uppyListParts", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "The parts", body = Vec<UppyPart>), Missing, Refusals))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Vec<UppyPart>>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    let parts = uploads::parts(&origin.store, &upload).await?.into_iter();
    let parts = parts.map(|part| UppyPart {
        part_number: part.number,
        size: part.size,
        etag: part.etag,
    });
    Ok(Json(parts.collect()))
}

/// Signs a request for a part, or with `batch` in its place for each of `partNumbers`.
#[utoipa::path(get, path = "/s3/multipart/{token}/{part}", operation_id = "uppySign", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("part" = String, Path, description = "A number, or `batch`"), ("key" = Option<String>, Query, description = "The upload's key"), ("partNumbers" = Option<String>, Query, description = "With `batch`: numbers, separated by commas")), security(("publisher" = [])), responses((status = 200, description = "Presigned", body = UppySigned), Missing, Refusals))]
pub(super) async fn sign(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path((token, part)): Path<(String, String)>,
    request: Request,
) -> Result<Json<UppySigned>, Error> {
    let (head, _) = request.into_parts();
    let batch = part == "batch";
    let list = if batch {
        query::uppy_parts(head.uri.query())?.1
    } else {
        Some(part)
    };
    let upload = named(&origin, transport, &token, head).await?;
    let number = |text: &str| {
        text.parse()
            .map_err(|_| Error::UploadRefused("a part is named by its number".to_owned()))
    };
    let list = list.ok_or_else(|| Error::Query("partNumbers is missing".to_owned()))?;
    let parts = list
        .split(',')
        .map(|text| Ok((number(text)?, None)))
        .collect::<Result<_, Error>>()?;
    let grants = uploads::sign_parts(&origin.presigner, &upload, &parts, LIFETIME).await?;
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
        expires: LIFETIME,
    }))
}

/// Completes an upload. S3's own list of parts counts, not the client's.
#[utoipa::path(post, path = "/s3/multipart/{token}/complete", operation_id = "uppyComplete", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "Stored and verified", body = UppyLocation), Writing, Missing, Refusals))]
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<UppyLocation>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    uploads::complete(&origin.store, &upload).await?;
    let location = origin.presigner.location(&upload.object_key()?);
    Ok(Json(UppyLocation {
        location,
        key: upload.key,
        bucket: origin.store.bucket().to_owned(),
    }))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/s3/multipart/{token}", operation_id = "uppyAbort", tag = "uppy", params(("token" = String, Path, description = "The token that began the upload"), ("key" = Option<String>, Query, description = "The upload's key")), security(("publisher" = [])), responses((status = 200, description = "It is over", body = Empty), Missing, Refusals))]
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Empty>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    uploads::abort(&origin.store, &upload).await?;
    Ok(Json(Empty {}))
}

/// The token's upload; the `key` Uppy repeats must be its key.
async fn named(
    origin: &Origin,
    transport: Transport,
    token: &str,
    head: Parts,
) -> Result<Upload, Error> {
    let (key, _) = query::uppy_parts(head.uri.query())?;
    let session = origin.identify(transport, &head.headers).await?;
    let upload = origin.upload(&session, token).await?;
    match key {
        Some(key) if key != upload.key => Err(Error::UploadUnknown),
        _ => Ok(upload),
    }
}

fn asked_of(
    session: &Session,
    file_name: &str,
    media: &str,
    prefix: Option<&str>,
    way: Way,
) -> Result<Asked, Error> {
    let content_type = media_type(Some(media))?;
    let folder = match prefix {
        Some(prefix) => prefix.to_owned(),
        None => folder(session, &content_type)?,
    };
    Ok(Asked {
        key: fresh_key(&folder, file_name)?,
        size: None,
        content_type,
        content_encoding: None,
        checksum: None,
        encryption: None,
        overwrite: Overwrite::Refuse,
        way,
        lifetime: LIFETIME,
        fresh: true,
        details: Details::told(Some(file_name.to_owned()), Vec::new())?,
    })
}

fn folder(session: &Session, content_type: &MediaType) -> Result<String, Error> {
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
