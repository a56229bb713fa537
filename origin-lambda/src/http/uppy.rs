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
use serde_json::{Value, json};

use super::{
    Origin,
    credentials::Transport,
    json_body, query,
    uploads::{LIFETIME, media_type},
};
use crate::{
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Session},
    uploads::{self, Asked, Begun, Upload, Way, fresh_key},
};

/// `GET /s3/params`: one form upload.
pub(super) async fn parameters(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Value>, Error> {
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
    let fields: serde_json::Map<String, Value> = grant
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    Ok(Json(json!({
        "method": "POST",
        "url": grant.url,
        "fields": fields,
        "expires": LIFETIME,
        "key": upload.key,
    })))
}

/// Unknown fields are Uppy's own business; this reads three.
#[derive(Deserialize)]
struct CreateDocument {
    filename: String,
    #[serde(rename = "type")]
    media_type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, Value>,
}

/// `POST /s3/multipart`
pub(super) async fn create(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Value>, Error> {
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
    let token = origin.token(&upload).await?;
    Ok(Json(json!({"key": upload.key, "uploadId": token})))
}

/// `GET /s3/multipart/{token}`: a bare list, in S3's spelling.
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    let parts = uploads::parts(&origin.store, &upload).await?;
    let part = |part: &crate::store::StoredPart| json!({"PartNumber": part.number, "Size": part.size, "ETag": part.etag});
    Ok(Json(parts.iter().map(part).collect()))
}

/// `GET /s3/multipart/{token}/{part}`, where `batch` is a part as well.
pub(super) async fn sign(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path((token, part)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, Error> {
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
        let urls: serde_json::Map<String, Value> = grants
            .into_iter()
            .map(|(number, grant)| (number.to_string(), grant.url.into()))
            .collect();
        return Ok(Json(json!({"presignedUrls": urls})));
    }
    let (_, grant) = grants.into_iter().next().ok_or(Error::Internal)?;
    Ok(Json(json!({"url": grant.url, "expires": LIFETIME})))
}

/// `POST /s3/multipart/{token}/complete`. S3's own list of parts counts, not the client's.
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    uploads::complete(&origin.store, &upload).await?;
    let location = origin.presigner.location(&upload.object_key()?);
    Ok(Json(json!({
        "location": location,
        "key": upload.key,
        "bucket": origin.store.bucket(),
    })))
}

/// `DELETE /s3/multipart/{token}`
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let upload = named(&origin, transport, &token, request.into_parts().0).await?;
    uploads::abort(&origin.store, &upload).await?;
    Ok(Json(json!({})))
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
