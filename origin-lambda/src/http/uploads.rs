//! The routes under `/uploads`, and `/shares`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
};
use http::StatusCode;
use keyfront_object_key::ObjectKey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Origin, credentials::Transport, json_body, objects::path_of, query};
use crate::{
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Session},
    uploads::{self, Asked, Begun, Checksum, Finished, Grant, Kind, PartChecksums, Upload, Way},
};

/// Seconds a presigned request is valid unless asked otherwise: time to send 5 GiB slowly.
pub(super) const LIFETIME: u32 = 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginDocument {
    key: String,
    size: u64,
    content_type: Option<String>,
    content_encoding: Option<String>,
    checksum: Option<Checksum>,
    encryption: Option<EncryptionMode>,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    method: Way,
    expires: Option<u32>,
}

/// `POST /uploads`
pub(super) async fn begin(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let (parts, body) = request.into_parts();
    query::none(parts.uri.query())?;
    let session = origin.identify(transport, &parts.headers).await?;
    let document: BeginDocument = json_body::read(body, json_body::DOCUMENT).await?;
    let asked = Asked {
        key: ObjectKey::new(document.key).map_err(Error::Key)?,
        size: Some(document.size),
        content_type: media_type(document.content_type.as_deref())?,
        content_encoding: coding(document.content_encoding)?,
        checksum: document.checksum,
        encryption: document.encryption,
        overwrite: if document.overwrite {
            Overwrite::Allow
        } else {
            Overwrite::Refuse
        },
        way: document.method,
        lifetime: document.expires.unwrap_or(LIFETIME),
        fresh: false,
    };
    let Begun { upload, grant } = origin.begin(&session, &asked).await?;
    let mut answer = json!({
        "upload": origin.token(&upload).await?,
        "key": upload.key,
    });
    match (&upload.kind, grant) {
        (Kind::Put, Some(grant)) => {
            answer["method"] = "PUT".into();
            merge(&mut answer, granted(&grant, "headers"));
        }
        (Kind::Form, Some(grant)) => {
            answer["method"] = "POST".into();
            merge(&mut answer, granted(&grant, "fields"));
        }
        (Kind::Multipart(_), _) | (_, None) => {
            answer["method"] = "MULTIPART".into();
            merge(&mut answer, plan_of(&upload));
        }
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartsDocument {
    parts: Vec<u32>,
    #[serde(default)]
    checksums: BTreeMap<u32, Checksum>,
    expires: Option<u32>,
}

/// `POST /uploads/{token}/parts`
pub(super) async fn sign_parts(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let (head, body) = request.into_parts();
    query::none(head.uri.query())?;
    let session = origin.identify(transport, &head.headers).await?;
    let upload = origin.upload(&session, &token).await?;
    let mut document: PartsDocument = json_body::read(body, json_body::DOCUMENT).await?;
    let parts: PartChecksums = document
        .parts
        .iter()
        .map(|number| (*number, document.checksums.remove(number)))
        .collect();
    if let Some(number) = document.checksums.keys().next() {
        return Err(Error::UploadRefused(format!(
            "a checksum is given for part {number}, which is not asked for"
        )));
    }
    let lifetime = document.expires.unwrap_or(LIFETIME);
    let grants = uploads::sign_parts(&origin.presigner, &upload, &parts, lifetime).await?;
    let parts: Vec<Value> = grants
        .iter()
        .map(|(number, grant)| {
            let mut part = json!({"number": number});
            merge(&mut part, granted(grant, "headers"));
            part
        })
        .collect();
    Ok(Json(json!({"parts": parts})))
}

/// `GET /uploads/{token}`
pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let upload = origin.upload(&session, &token).await?;
    let held = uploads::parts(&origin.store, &upload).await?;
    let mut answer = json!({
        "key": upload.key,
        "size": upload.size,
        "held": held
            .iter()
            .map(|part| json!({"number": part.number, "size": part.size, "etag": part.etag}))
            .collect::<Vec<_>>(),
    });
    merge(&mut answer, plan_of(&upload));
    Ok(Json(answer))
}

/// `POST /uploads/{token}/complete`
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let upload = origin.upload(&session, &token).await?;
    let key = upload.object_key()?;
    let finished = uploads::complete(&origin.store, &upload).await;
    let reach = match &finished {
        // What does not match was removed, after it had replaced what was there.
        Ok(_) | Err(Error::UploadMismatch(_)) if upload.overwrite => {
            Some(origin.cdn.forget(&key, Some(&upload.cache_control)).await)
        }
        Ok(_) | Err(_) => None,
    };
    let Finished {
        etag,
        size,
        content_type,
    } = finished?;
    let mut answer = json!({
        "key": key.as_str(),
        "path": path_of(&key),
        "etag": etag,
        "size": size,
        "content_type": content_type,
        "encryption": upload.encryption.name(),
    });
    if let Some(reach) = reach {
        answer["cdn"] = reach.to_string().into();
    }
    if let Some(base) = &origin.public_url {
        answer["url"] = format!("{base}{}", path_of(&key)).into();
    }
    Ok(Json(answer))
}

/// `DELETE /uploads/{token}`
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<StatusCode, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let upload = origin.upload(&session, &token).await?;
    uploads::abort(&origin.store, &upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /uploads?prefix=&older_than=SECONDS`
pub(super) async fn abort_stale(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let (prefix, age) = query::stale(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let age = age.map_or(uploads::STALE, Duration::from_secs);
    let count = uploads::abort_stale(&origin.store, session.publisher(), &prefix, age).await?;
    Ok(Json(json!({"aborted": count})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareDocument {
    key: String,
    expires: Option<u32>,
}

/// `POST /shares`
pub(super) async fn share(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let (head, body) = request.into_parts();
    query::none(head.uri.query())?;
    let session = origin.identify(transport, &head.headers).await?;
    let document: ShareDocument = json_body::read(body, json_body::DOCUMENT).await?;
    let key = ObjectKey::new(document.key).map_err(Error::Key)?;
    session.publisher().authorise(Method::Get, &key)?;
    origin.store.landed(&key).await?;
    let lifetime = document.expires.unwrap_or(LIFETIME);
    let grant = origin.shared(&key, lifetime).await?;
    let answer = json!({"key": key.as_str(), "url": grant.url, "expires": grant.expires});
    Ok((StatusCode::CREATED, Json(answer)))
}

impl Origin {
    pub(super) async fn begin(&self, session: &Session, asked: &Asked) -> Result<Begun, Error> {
        uploads::begin(&self.store, &self.presigner, session, asked).await
    }

    pub(super) async fn token(&self, upload: &Upload) -> Result<String, Error> {
        self.upload_tokens.seal(upload).await
    }

    /// The upload of a token, if its publisher may still write the key.
    pub(super) async fn upload(&self, session: &Session, token: &str) -> Result<Upload, Error> {
        let upload = self.upload_tokens.open(session, token).await?;
        session
            .publisher()
            .authorise(Method::Put, &upload.object_key()?)?;
        Ok(upload)
    }

    /// A presigned `GET`.
    pub(super) async fn shared(&self, key: &ObjectKey, lifetime: u32) -> Result<Grant, Error> {
        self.presigner
            .presign("GET", key, &[], Vec::new(), lifetime)
            .await
    }
}

/// The media type of a document's field.
pub(super) fn media_type(text: Option<&str>) -> Result<MediaType, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(MediaType::unknown());
    };
    MediaType::parse(text).map_err(|error| Error::UploadRefused(error.to_string()))
}

fn coding(asked: Option<String>) -> Result<Option<String>, Error> {
    match asked.as_deref() {
        None | Some("gzip" | "br" | "zstd" | "deflate") => Ok(asked),
        Some(_) => Err(Error::UploadRefused(
            "one of gzip, br, zstd, deflate can be stored".to_owned(),
        )),
    }
}

/// A granted request; `named` is what its headers or fields are called.
fn granted(grant: &Grant, named: &str) -> Value {
    let headers: serde_json::Map<String, Value> = grant
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    json!({"url": grant.url, named: headers, "expires": grant.expires})
}

fn plan_of(upload: &Upload) -> Value {
    upload.part_plan().map_or_else(
        || json!({}),
        |plan| json!({"part_size": plan.part_size(), "parts": plan.count()}),
    )
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
