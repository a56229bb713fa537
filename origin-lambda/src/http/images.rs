//! A small API for image galleries: upload by JSON, list with URLs that work for an hour.
//!
//! Images lie under `images/`; the publisher's rules for that folder decide as everywhere.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_names::ObjectKey;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    Origin,
    answers::{Image, ImageStored, Images},
    credentials::Transport,
    json_body,
    objects::moment,
    openapi::{Refusals, Writing},
    query,
    uploads::{LIFETIME, media_type},
};
use crate::{
    catalog,
    error::Error,
    publish::{self, Asked, Declared, Publishing, Upload},
    publisher::{Method, Overwrite},
    sealed_metadata::Details,
};

const FOLDER: &str = "images/";
/// What a Function URL delivers at most.
const DOCUMENT: usize = 6 << 20;
/// Images of one listing.
const LISTED: u16 = 100;

/// An image as text.
#[derive(Deserialize, ToSchema)]
pub(super) struct ImageDocument {
    file_name: String,
    /// Base64, or a data URL.
    file_data: String,
}

/// Stores an image.
#[utoipa::path(post, path = "/images", operation_id = "uploadImage", tag = "images", request_body(content = ImageDocument), security(("publisher" = [])), responses((status = 200, description = "Stored", body = ImageStored), Writing, Refusals))]
pub(super) async fn upload(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<ImageStored>, Error> {
    let (head, body) = request.into_parts();
    query::none(head.uri.query())?;
    let session = origin.identify(transport, &head.headers).await?;
    let document: ImageDocument = json_body::read(body, DOCUMENT).await?;
    let key = ObjectKey::new(format!("{FOLDER}{}", document.file_name)).map_err(Error::Key)?;
    // Browsers' FileReader writes data URLs.
    let data = match document.file_data.split_once(";base64,") {
        Some((head, data)) if head.starts_with("data:") => data,
        _ => &document.file_data,
    };
    let image = STANDARD
        .decode(data)
        .map_err(|_| Error::UploadRefused("file_data is not base64".to_owned()))?;
    let declared = Declared {
        length: Some(image.len() as u64),
        content_type: Some(media_type(Some(type_of(&document.file_name)))?),
        ..Declared::default()
    };
    let replaceable = session.publisher().authorise(Method::Put, &key)?.overwrite;
    let upload = Upload {
        key: &key,
        asked: Asked {
            overwrite: if replaceable {
                Overwrite::Allow
            } else {
                Overwrite::Refuse
            },
            encryption: None,
        },
        declared,
        details: Details::default(),
        at: OffsetDateTime::now_utc(),
    };
    let system = Publishing {
        store: &origin.store,
        sealing: &origin.sealing,
        metadata: &origin.metadata,
    };
    let published = publish::publish(&system, session.publisher(), upload, Body::from(image)).await;
    if replaceable || matches!(published, Err(Error::Encryption { .. })) {
        // The answer's fields are fixed; a CDN that refuses is told in the log.
        origin.cdn.forget(&key, None).await;
    }
    published?;
    Ok(Json(ImageStored {
        message: "Image uploaded successfully",
        file_name: document.file_name,
    }))
}

/// Lists images with URLs that work for an hour.
#[utoipa::path(get, path = "/images", operation_id = "listImages", tag = "images", security(("publisher" = [])), responses((status = 200, description = "At most 100", body = Images), Refusals))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Extension(transport): Extension<Transport>,
    request: Request,
) -> Result<Json<Images>, Error> {
    query::none(request.uri().query())?;
    let session = origin.identify(transport, request.headers()).await?;
    let page = catalog::list(&origin.store, session.publisher(), FOLDER, None, LISTED).await?;
    let mut images = Vec::with_capacity(page.entries.len());
    for entry in &page.entries {
        images.push(Image {
            key: entry.key.as_str().to_owned(),
            image_url: origin.shared(&entry.key, LIFETIME).await?.url,
            last_modified: entry.last_modified.and_then(moment),
        });
    }
    Ok(Json(Images { images }))
}

/// The media type a file's name tells; anything else is stored as bytes.
fn type_of(file_name: &str) -> &'static str {
    let extension = file_name.rsplit_once('.').map_or("", |(_, end)| end);
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
