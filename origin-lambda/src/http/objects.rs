//! The routes under `/objects`.
//!
//! The key is read from the raw path, never from the router's own decoding: the rules of decoding
//! are `ObjectKey`'s alone.

use std::sync::Arc;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::{
    Extension, Json,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, Uri, header::ETAG};
use keyfront_object_key::ObjectKey;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Origin,
    credentials::Transport,
    query::{self, Detail},
};
use crate::{
    catalog,
    error::Error,
    publish::{self, Declared, Publishing, Upload},
    publisher::{Method, Overwrite},
    sealed_metadata::{Details, Found},
    store::{Encryption, Entry},
};

pub(super) async fn put(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let key = key_of(&parts.uri)?;
    let asked = query::upload(parts.uri.query())?;
    let overwrite = asked.overwrite;
    let session = origin.identify(transport, &parts.headers).await?;
    let upload = Upload {
        key: &key,
        asked,
        declared: Declared::read(&parts.headers)?,
        details: Details::read(&parts.headers)?,
        at: OffsetDateTime::now_utc(),
    };
    let system = Publishing {
        store: &origin.store,
        sealing: &origin.sealing,
        metadata: &origin.metadata,
    };
    let receipt = publish::publish(&system, session.publisher(), upload, body).await?;
    let mut answer = json!({
        "key": key.as_str(),
        "path": path_of(&key),
        "etag": receipt.etag,
        "size": receipt.size,
        "content_type": receipt.content_type,
        "sse": receipt.encryption.server_side().header_value(),
        "encryption": receipt.encryption,
    });
    if overwrite == Overwrite::Allow {
        let cache_control = Some(receipt.cache_control.as_str());
        answer["cdn"] = origin
            .cdn
            .forget(&key, cache_control)
            .await
            .to_string()
            .into();
    }
    if let Some(base) = &origin.public_url {
        answer["url"] = format!("{base}{}", path_of(&key)).into();
    }
    Ok(with_etag(
        Some(&receipt.etag),
        (StatusCode::CREATED, Json(answer)).into_response(),
    ))
}

pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Response, Error> {
    let key = key_of(request.uri())?;
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    session.publisher().authorise(Method::Get, &key)?;
    let found = origin.store.describe(&key).await?;
    let sealed = origin.metadata.open(&key, &found.metadata).await?;
    let answer = json!({
        "key": key.as_str(),
        "path": path_of(&key),
        "metadata": unsealed(&sealed),
        "etag": found.etag,
        "size": found.size,
        "content_type": found.content_type,
        "content_encoding": found.content_encoding,
        "content_disposition": found.content_disposition,
        "cache_control": found.cache_control,
        "last_modified": found.last_modified.map(moment),
        "sse": match found.encryption {
            Encryption::Applied(server_side) => server_side.header_value(),
            Encryption::Other => "other",
        },
    });
    Ok(with_etag(
        found.etag.as_deref(),
        Json(answer).into_response(),
    ))
}

pub(super) async fn delete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let key = key_of(request.uri())?;
    query::none(request.uri().query())?;
    let if_match = publish::entity_tag(request.headers())?;
    let session = origin.identify(transport, request.headers()).await?;
    let rule = session.publisher().authorise(Method::Delete, &key)?;
    // Only asked for the time its copies live: an object that cannot be described can still be deleted.
    let cache_control = match origin.store.describe(&key).await {
        Ok(found) => found.cache_control,
        Err(_) => Some(rule.cache_control().to_owned()),
    };
    catalog::delete(&origin.store, &key, if_match.as_deref()).await?;
    let reach = origin.cdn.forget(&key, cache_control.as_deref()).await;
    Ok(Json(json!({"key": key.as_str(), "cdn": reach.to_string()})))
}

pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let asked = query::selection(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let (publisher, cursor) = (session.publisher(), asked.cursor.as_ref());
    let page = catalog::list(&origin.store, publisher, &asked.prefix, cursor, asked.limit).await?;
    let mut objects: Vec<_> = page.entries.iter().map(entry).collect();
    if asked.detail == Detail::Metadata {
        let found = catalog::sealed_metadata(&origin.store, &origin.metadata, &page.entries);
        for (object, found) in objects.iter_mut().zip(found.await?) {
            object["metadata"] = unsealed(&found);
        }
    }
    Ok(Json(json!({
        "objects": objects,
        "next_cursor": page.next.map(|cursor| cursor.to_text()),
    })))
}

fn entry(entry: &Entry) -> Value {
    json!({
        "key": entry.key.as_str(),
        "path": path_of(&entry.key),
        "etag": entry.etag,
        "size": entry.size,
        "last_modified": entry.last_modified.map(moment),
    })
}

/// `null` without metadata; metadata that is not valid is told as such and shown in no part.
fn unsealed(found: &Found) -> Value {
    match found {
        Found::Absent => Value::Null,
        Found::Invalid => json!({"invalid": true}),
        Found::Unsealed(content) => json!({
            "uploader": content.uploader,
            "uploaded_at": moment(DateTime::from_secs(content.uploaded_at)),
            "file_name": content.file_name,
            "tags": content.tags,
        }),
    }
}

fn key_of(uri: &Uri) -> Result<ObjectKey, Error> {
    // The route has matched, so the prefix is there; a path without it names nothing.
    let encoded = uri
        .path()
        .strip_prefix("/objects/")
        .ok_or(Error::NotFound)?;
    ObjectKey::from_wire_path(encoded).map_err(Error::Key)
}

/// The path the CDN serves the key under.
pub(super) fn path_of(key: &ObjectKey) -> String {
    let mut path = String::from("/");
    key.append_wire(&mut path);
    path
}

pub(super) fn moment(at: DateTime) -> Option<String> {
    at.fmt(DateTimeFormat::DateTime).ok()
}

fn with_etag(etag: Option<&str>, mut response: Response) -> Response {
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}
