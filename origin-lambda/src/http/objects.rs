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
use keyfront_names::ObjectKey;
use time::OffsetDateTime;

use super::{
    Origin,
    answers::{Content, Deleted, Described, Listed, Listing, Metadata, Stored},
    credentials::Transport,
    openapi::{Conditional, Missing, Refusals, Writing},
    query::{self, Detail},
};
use crate::{
    catalog,
    encryption::EncryptionMode,
    error::Error,
    publish::{self, Declared, Publishing, Upload},
    publisher::Method,
    sealed_metadata::Details,
    store::{Encryption, Entry},
};

/// Stores an object.
///
/// Headers: `Content-Type`, `Content-Encoding`, `If-Match`, `If-None-Match`, a SHA-256 in `Content-Digest` or
/// `x-amz-checksum-sha256`, `Keyfront-File-Name`, `Keyfront-Tags`.
#[utoipa::path(put, path = "/objects/{key}", operation_id = "putObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("overwrite" = Option<bool>, Query, description = "Whether an object under the key may be replaced"), ("encryption" = Option<EncryptionMode>, Query, description = "One of the modes the rule allows")), request_body(content = Content, content_type = "application/octet-stream", description = "The object"), security(("publisher" = [])), responses((status = 201, description = "Stored and verified", body = Stored), Writing, Refusals))]
pub(super) async fn put(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let key = key_of(&parts.uri)?;
    let asked = query::upload(parts.uri.query())?;
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
    let published = publish::publish(&system, session.publisher(), upload, body).await;
    if let Err(Error::Encryption { .. }) = &published {
        // It was readable until it was deleted again, and may have replaced what was there.
        origin.cdn.forget(&key, None).await;
    }
    let receipt = published?;
    let cdn = match &receipt.replaced {
        Some(replaced) => {
            let cache_control = replaced.cache_control.as_deref();
            Some(origin.cdn.forget(&key, cache_control).await.to_string())
        }
        None => None,
    };
    let etag = Some(receipt.etag.clone());
    let answer = Stored {
        key: key.as_str().to_owned(),
        path: path_of(&key),
        etag: receipt.etag,
        size: receipt.size,
        content_type: receipt.content_type,
        sse: receipt.encryption.server_side().header_value(),
        encryption: receipt.encryption,
        cdn,
        url: origin.url_of(&key),
    };
    Ok(with_etag(
        etag.as_deref(),
        (StatusCode::CREATED, Json(answer)).into_response(),
    ))
}

/// Tells of an object what a publisher may know.
#[utoipa::path(get, path = "/objects/{key}", operation_id = "describeObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`")), security(("publisher" = [])), responses((status = 200, description = "It exists", body = Described), Missing, Refusals))]
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
    let etag = found.etag.clone();
    let answer = Described {
        key: key.as_str().to_owned(),
        path: path_of(&key),
        metadata: Metadata::of(sealed),
        etag: found.etag,
        size: found.size,
        content_type: found.content_type,
        content_encoding: found.content_encoding,
        content_disposition: found.content_disposition,
        cache_control: found.cache_control,
        last_modified: found.last_modified.and_then(moment),
        sse: match found.encryption {
            Encryption::Applied(server_side) => server_side.header_value(),
            Encryption::Other => "other",
        },
    };
    Ok(with_etag(etag.as_deref(), Json(answer).into_response()))
}

/// Deletes an object, its instruction file, and its copies in the CDN.
#[utoipa::path(delete, path = "/objects/{key}", operation_id = "deleteObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("if-match" = Option<String>, Header, description = "Delete only the object with this entity tag")), security(("publisher" = [])), responses((status = 200, description = "It is gone", body = Deleted), Conditional, Missing, Refusals))]
pub(super) async fn delete(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Deleted>, Error> {
    let key = key_of(request.uri())?;
    query::none(request.uri().query())?;
    let if_match = publish::entity_tag(request.headers())?;
    let session = origin.identify(transport, request.headers()).await?;
    let rule = session.publisher().authorise(Method::Delete, &key)?;
    let cache_control = origin.store.cache_control(&key, rule.cache_control()).await;
    catalog::delete(&origin.store, &key, if_match.as_deref()).await?;
    let reach = origin.cdn.forget(&key, cache_control.as_deref()).await;
    Ok(Json(Deleted {
        key: key.as_str().to_owned(),
        cdn: reach.to_string(),
    }))
}

/// Lists the objects that the publisher may see.
#[utoipa::path(get, path = "/objects", operation_id = "listObjects", tag = "objects", params(("prefix" = Option<String>, Query, description = "Beginning of the keys"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"), ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "Objects a page; 100 at most with metadata"), ("metadata" = Option<bool>, Query, description = "Whether to open sealed metadata")), security(("publisher" = [])), responses((status = 200, description = "A page", body = Listing), Refusals))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Listing>, Error> {
    let asked = query::selection(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let (publisher, cursor) = (session.publisher(), asked.cursor.as_ref());
    let page = catalog::list(&origin.store, publisher, &asked.prefix, cursor, asked.limit).await?;
    let mut objects: Vec<_> = page.entries.iter().map(entry).collect();
    if asked.detail == Detail::Metadata {
        let found = catalog::sealed_metadata(&origin.store, &origin.metadata, &page.entries);
        for (object, found) in objects.iter_mut().zip(found.await?) {
            object.metadata = Some(Metadata::of(found));
        }
    }
    Ok(Json(Listing {
        objects,
        next_cursor: page.next.map(|cursor| cursor.to_text()),
    }))
}

fn entry(entry: &Entry) -> Listed {
    Listed {
        key: entry.key.as_str().to_owned(),
        path: path_of(&entry.key),
        etag: entry.etag.clone(),
        size: entry.size,
        last_modified: entry.last_modified.and_then(moment),
        metadata: None,
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
