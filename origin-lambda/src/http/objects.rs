//! The routes under `/objects`.

use std::sync::Arc;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header::ETAG};
use keyfront_origin_core::{
    budget::Expense, listing::Cursor, publish::Declared, sealed_metadata::Details,
};
use time::OffsetDateTime;

use super::{
    identified::Identified,
    if_match::IfMatch,
    key_path::KeyPath,
    openapi::{Deleting, Describing, Listing, Storing},
    query::{Depth, ListQuery, NoParameters, Parameters, PublishQuery, Selection},
    refusal::Refusal,
    responses::{
        Content, Deleted, DescriptionBody, EnvelopeFields, Listed, Metadata, PageBody, StoredBody,
    },
};
use crate::{catalog, origin::Origin, publish::PublishRequest, store::ListedObject};

/// Stores an object.
///
/// Headers: `Content-Type`, `Content-Encoding`, `If-Match`, `If-None-Match`, a SHA-256 in `Content-Digest` or
/// `x-amz-checksum-sha256`, `Keyfront-File-Name`, `Keyfront-Tags`.
#[utoipa::path(put, path = "/objects/{key}", operation_id = "putObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), PublishQuery), request_body(content = Content, content_type = "application/octet-stream", description = "The object"), security(("publisher" = [])), responses((status = 201, description = "Stored and verified", body = StoredBody), Storing))]
pub(super) async fn put(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Parameters(query): Parameters<PublishQuery>,
    Identified(session): Identified,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let request = PublishRequest {
        key: &key,
        options: query.into(),
        declared: Declared::read(&headers)?,
        details: Details::read(&headers)?,
        at: OffsetDateTime::now_utc(),
    };
    let (receipt, reach) = origin.publish(&session, request, body).await?;
    let etag = Some(receipt.etag.clone());
    let stored = StoredBody {
        key: key.as_str().to_owned(),
        path: key.viewer_path(),
        etag: receipt.etag,
        size: receipt.size,
        content_type: receipt.content_type,
        sse: receipt.encryption.server_side().header_value(),
        encryption: receipt.encryption,
        cdn: reach.map(|reach| reach.to_string()),
        url: origin.url_of(&key),
    };
    Ok(with_etag(
        etag.as_deref(),
        (StatusCode::CREATED, Json(stored)).into_response(),
    ))
}

/// Describes an object as far as a publisher may see it.
#[utoipa::path(get, path = "/objects/{key}", operation_id = "describeObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`")), security(("publisher" = [])), responses((status = 200, description = "The object's description", body = DescriptionBody), Describing))]
pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
) -> Result<Response, Refusal> {
    let (found, sealed) = origin.describe(&session, &key).await?;
    let etag = found.etag.clone();
    let described = DescriptionBody {
        key: key.as_str().to_owned(),
        path: key.viewer_path(),
        metadata: Metadata::of(sealed),
        envelope: EnvelopeFields::of(&found.metadata),
        etag: found.etag,
        size: found.size,
        content_type: found.content_type,
        content_encoding: found.content_encoding,
        content_disposition: found.content_disposition,
        cache_control: found.cache_control,
        last_modified: found.last_modified.and_then(rfc3339),
        sse: found
            .encryption
            .map_or("other", |server_side| server_side.header_value()),
    };
    Ok(with_etag(etag.as_deref(), Json(described).into_response()))
}

/// Deletes an object, its instruction file, and its copies in the CDN.
#[utoipa::path(delete, path = "/objects/{key}", operation_id = "deleteObject", tag = "objects", params(("key" = String, Path, description = "The object key, percent-encoded; `/` may stand as it is or as `%2F`"), ("if-match" = Option<String>, Header, description = "Delete only the object with this entity tag")), security(("publisher" = [])), responses((status = 200, description = "Deleted", body = Deleted), Deleting))]
pub(super) async fn delete(
    State(origin): State<Arc<Origin>>,
    KeyPath(key): KeyPath,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    IfMatch(if_match): IfMatch,
    Identified(session): Identified,
) -> Result<Json<Deleted>, Refusal> {
    let reach = origin.delete(&session, &key, if_match.as_deref()).await?;
    Ok(Json(Deleted {
        key: key.as_str().to_owned(),
        cdn: reach.map(|reach| reach.to_string()),
    }))
}

/// Lists the objects that the publisher may see.
#[utoipa::path(get, path = "/objects", operation_id = "listObjects", tag = "objects", params(ListQuery), security(("publisher" = [])), responses((status = 200, description = "A page", body = PageBody), Listing))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Parameters(selected): Parameters<Selection>,
    Identified(session): Identified,
) -> Result<Json<PageBody>, Refusal> {
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let cursor = match &selected.cursor {
        Some(text) => Some(origin.position(&session, text, Cursor::parse).await?),
        None => None,
    };
    let scope = catalog::Scope {
        publisher: session.publisher(),
        prefix: &selected.prefix,
        cursor: cursor.as_ref(),
        limit: selected.limit,
    };
    let (folders, entries, next) = match selected.depth {
        Depth::All => {
            let page = catalog::list(&origin.store, scope).await?;
            (None, page.entries, page.next)
        }
        Depth::Folder => {
            let page = catalog::list_folder(&origin.store, scope).await?;
            (Some(page.folders), page.entries, page.next)
        }
    };
    let mut objects: Vec<_> = entries.iter().map(listed).collect();
    if selected.detail.metadata {
        let system = catalog::MetadataContext {
            store: &origin.store,
            metadata: &origin.metadata,
            customer_keys: &origin.customer_keys,
        };
        let found = catalog::details(&system, session.publisher(), &entries);
        for (object, found) in objects.iter_mut().zip(found.await?) {
            object.metadata = Some(Metadata::of(found.metadata));
            object.envelope = Some(EnvelopeFields::of(&found.stored));
        }
    }
    if selected.detail.urls {
        let keys = entries.iter().map(|entry| &entry.key);
        let urls = origin.urls_of_page(&session, keys).await?;
        for (object, url) in objects.iter_mut().zip(urls) {
            object.url = Some(url);
        }
    }
    let next_cursor = match next {
        Some(next) => Some(origin.cursor(&session, &next.to_text()).await?),
        None => None,
    };
    Ok(Json(PageBody {
        folders,
        objects,
        next_cursor,
    }))
}

fn listed(object: &ListedObject) -> Listed {
    Listed {
        key: object.key.as_str().to_owned(),
        path: object.key.viewer_path(),
        etag: object.etag.clone(),
        size: object.size,
        last_modified: object.last_modified.and_then(rfc3339),
        metadata: None,
        envelope: None,
        url: None,
    }
}

fn rfc3339(at: DateTime) -> Option<String> {
    at.fmt(DateTimeFormat::DateTime).ok()
}

fn with_etag(etag: Option<&str>, mut response: Response) -> Response {
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}
