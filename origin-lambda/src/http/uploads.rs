//! The routes under `/uploads`, and `/shares`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
};
use http::StatusCode;
use keyfront_names::ObjectKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Origin,
    answers::{self, Aborted, Completed, Held, Share, SignedPart, SignedParts, UnderWay},
    credentials::Transport,
    json_body,
    objects::path_of,
    openapi::{Missing, Refusals, Writing},
    query,
};
use crate::{
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Session},
    sealed_metadata::Details,
    uploads::{self, Asked, Begun, Checksum, Finished, Grant, Kind, PartChecksums, Upload, Way},
};

/// Seconds a presigned request is valid unless asked otherwise: time to send 5 GiB slowly.
pub(super) const LIFETIME: u32 = 3600;

/// An upload as it is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginDocument {
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
    file_name: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Begins an upload that goes round the origin.
#[utoipa::path(post, path = "/uploads", operation_id = "beginUpload", tag = "uploads", request_body(content = BeginDocument), security(("publisher" = [])), responses((status = 201, description = "How to send it", body = answers::Plan), Writing, Refusals))]
pub(super) async fn begin(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<(StatusCode, Json<answers::Plan>), Error> {
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
        details: Details::told(document.file_name, document.tags)?,
    };
    let Begun { upload, grant } = origin.begin(&session, &asked).await?;
    let (token, parts) = (origin.token(&upload).await?, upload.part_plan().into());
    let (upload, kind) = (token, (upload.key, upload.kind));
    let answer = match (kind, grant) {
        ((key, Kind::Put), Some(grant)) => answers::Plan::Put {
            upload,
            key,
            url: grant.url,
            headers: grant.headers.into_iter().collect(),
            expires: grant.expires,
        },
        ((key, Kind::Form), Some(grant)) => answers::Plan::Form {
            upload,
            key,
            url: grant.url,
            fields: grant.headers.into_iter().collect(),
            expires: grant.expires,
        },
        ((key, _), _) => answers::Plan::Multipart { upload, key, parts },
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The parts to be sent next.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartsDocument {
    parts: Vec<u32>,
    #[serde(default)]
    checksums: BTreeMap<u32, Checksum>,
    expires: Option<u32>,
}

/// Signs requests for parts, at most 1,000.
#[utoipa::path(post, path = "/uploads/{token}/parts", operation_id = "signParts", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), request_body(content = PartsDocument), security(("publisher" = [])), responses((status = 200, description = "One request for each part", body = SignedParts), Missing, Refusals))]
pub(super) async fn sign_parts(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<SignedParts>, Error> {
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
    let parts = grants.into_iter();
    let parts = parts.map(|(number, grant)| SignedPart::new(number, grant));
    Ok(Json(SignedParts {
        parts: parts.collect(),
    }))
}

/// Tells what S3 holds of an upload, to go on with it.
#[utoipa::path(get, path = "/uploads/{token}", operation_id = "describeUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 200, description = "It is under way", body = UnderWay), Missing, Refusals))]
pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<UnderWay>, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let upload = origin.upload(&session, &token).await?;
    let held = uploads::parts(&origin.store, &upload).await?;
    let held = held.into_iter().map(|part| Held {
        number: part.number,
        size: part.size,
        etag: part.etag,
    });
    Ok(Json(UnderWay {
        held: held.collect(),
        parts: upload.part_plan().into(),
        size: upload.size,
        key: upload.key,
    }))
}

/// Completes an upload, and verifies what S3 stored.
///
/// Repeating a completed one answers the same.
#[utoipa::path(post, path = "/uploads/{token}/complete", operation_id = "completeUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 200, description = "Stored and verified", body = Completed), Writing, Missing, Refusals))]
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Json<Completed>, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let upload = origin.upload(&session, &token).await?;
    let key = upload.object_key()?;
    let rules_own = upload.cache_control.as_str();
    let cache_control = match &upload.kind {
        Kind::Multipart(_) if upload.overwrite => origin.store.cache_control(&key, rules_own).await,
        // A single request has replaced its predecessor already: the rule's time is the likeliest.
        Kind::Multipart(_) | Kind::Put | Kind::Form => Some(rules_own.to_owned()),
    };
    let finished = uploads::complete(&origin.store, &upload).await;
    let reach = match &finished {
        Ok(_) if !upload.overwrite => None,
        // What does not match was removed, but was readable before, and may have replaced what was there.
        Ok(_) | Err(Error::UploadMismatch(_)) => {
            Some(origin.cdn.forget(&key, cache_control.as_deref()).await)
        }
        Err(_) => None,
    };
    let Finished {
        etag,
        size,
        content_type,
    } = finished?;
    Ok(Json(Completed {
        key: key.as_str().to_owned(),
        path: path_of(&key),
        etag,
        size,
        content_type,
        encryption: upload.encryption,
        cdn: reach.map(|reach| reach.to_string()),
        url: origin.url_of(&key),
    }))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/uploads/{token}", operation_id = "abortUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 204, description = "It is over"), Missing, Refusals))]
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

/// Gives up uploads nobody goes on with, of keys the publisher may delete.
#[utoipa::path(delete, path = "/uploads", operation_id = "abortStaleUploads", tag = "uploads", params(("prefix" = Option<String>, Query, description = "Beginning of the keys"), ("older_than" = Option<u64>, Query, minimum = 3600, description = "Seconds; a week unless given")), security(("publisher" = [])), responses((status = 200, description = "How many", body = Aborted), Refusals))]
pub(super) async fn abort_stale(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Aborted>, Error> {
    let (prefix, age) = query::stale(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let age = age.map_or(uploads::STALE, Duration::from_secs);
    let aborted = uploads::abort_stale(&origin.store, session.publisher(), &prefix, age).await?;
    Ok(Json(Aborted { aborted }))
}

/// The object to share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareDocument {
    key: String,
    expires: Option<u32>,
}

/// Makes a URL that reads one object for 1 second to 7 days.
#[utoipa::path(post, path = "/shares", operation_id = "shareObject", tag = "shares", request_body(content = ShareDocument), security(("publisher" = [])), responses((status = 201, description = "The URL", body = Share), Missing, Refusals))]
pub(super) async fn share(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<(StatusCode, Json<Share>), Error> {
    let (head, body) = request.into_parts();
    query::none(head.uri.query())?;
    let session = origin.identify(transport, &head.headers).await?;
    let document: ShareDocument = json_body::read(body, json_body::DOCUMENT).await?;
    let key = ObjectKey::new(document.key).map_err(Error::Key)?;
    session.publisher().authorise(Method::Get, &key)?;
    origin.store.landed(&key).await?;
    let lifetime = document.expires.unwrap_or(LIFETIME);
    let grant = origin.shared(&key, lifetime).await?;
    let answer = Share {
        key: key.as_str().to_owned(),
        url: grant.url,
        expires: grant.expires,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

impl Origin {
    pub(super) async fn begin(&self, session: &Session, asked: &Asked) -> Result<Begun, Error> {
        let (store, metadata, presigner) = (&self.store, &self.metadata, &self.presigner);
        uploads::begin(store, metadata, presigner, session, asked).await
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
