//! A small API for image galleries: upload by JSON, list with URLs that work for an hour.
//!
//! Images lie under `images/`, or, for a person with a rule for `images/{sub}/`, in their own folder there; the publisher's rules
//! decide as everywhere.

use std::{borrow::Cow, sync::Arc};

use aws_sdk_s3::primitives::DateTimeFormat;
use axum::{Json, body::Body, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    budget::Expense,
    publish::{Declared, PublishOptions},
    sealed_metadata::Details,
    uploads::fields::media_type,
};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    document::Document,
    identified::Identified,
    openapi::{Listing, Storing},
    query::{NoParameters, Parameters, overwrite},
    refusal::Refusal,
    responses::{Image, ImageStored, Images},
};
use crate::{
    catalog,
    error::Error,
    origin::Origin,
    publish::PublishRequest,
    publisher::{Method, Session},
};

const FOLDER: &str = "images/";
/// What a Function URL delivers at most.
const LARGEST: usize = 6 << 20;
/// Images of one listing.
const LISTED: u16 = 100;
/// Links signed at a time: each is a call to KMS.
const SIGNED_AT_ONCE: usize = 16;

/// An image as text.
#[derive(Deserialize, ToSchema)]
pub(super) struct ImageDocument {
    file_name: String,
    /// Base64, or a data URL.
    file_data: String,
}

/// Stores an image.
#[utoipa::path(post, path = "/images", operation_id = "uploadImage", tag = "images", request_body(content = ImageDocument), security(("publisher" = [])), responses((status = 200, description = "Stored", body = ImageStored), Storing))]
pub(super) async fn upload(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
    Document(document): Document<ImageDocument, LARGEST>,
) -> Result<Json<ImageStored>, Refusal> {
    let key = format!("{}{}", folder(&session), document.file_name);
    let key = ObjectKey::new(key).map_err(Error::Key)?;
    let image = document.content()?;
    let declared = Declared {
        length: Some(image.len() as u64),
        content_type: Some(media_type(Some(type_of(&document.file_name)))?),
        ..Declared::default()
    };
    let rule = session.publisher().authorise(Method::Put, &key)?;
    let request = PublishRequest {
        key: &key,
        options: PublishOptions {
            overwrite: overwrite(rule.overwrite),
            encryption: None,
            caching: None,
        },
        declared,
        details: Details::default(),
        at: OffsetDateTime::now_utc(),
    };
    // The response's fields are fixed; a CDN that refuses is in the log.
    origin.publish(&session, request, Body::from(image)).await?;
    Ok(Json(ImageStored {
        message: "Image uploaded successfully",
        file_name: document.file_name,
    }))
}

impl ImageDocument {
    fn content(&self) -> Result<Vec<u8>, Error> {
        // Browsers' FileReader writes data URLs.
        let data = match self.file_data.split_once(";base64,") {
            Some((head, data)) if head.starts_with("data:") => data,
            _ => &self.file_data,
        };
        STANDARD
            .decode(data)
            .map_err(|_| Error::UploadRefused("file_data is not base64".to_owned()))
    }
}

/// Lists images with their URLs on the CDN: of a person with a rule for `images/{sub}/`, their own.
///
/// What only admitted viewers read has links there, which work for an hour, or as long as the rule allows. Where the CDN is not
/// known, URLs are presigned and end with the session that signs them as well.
#[utoipa::path(get, path = "/images", operation_id = "listImages", tag = "images", security(("publisher" = [])), responses((status = 200, description = "At most 100", body = Images), Listing))]
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
) -> Result<Json<Images>, Refusal> {
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let scope = catalog::Scope {
        publisher: session.publisher(),
        prefix: &folder(&session),
        cursor: None,
        limit: LISTED,
    };
    let page = catalog::list(&origin.store, scope).await?;
    let listed = page.entries.into_iter().map(|object| {
        let (origin, session) = (&origin, &session);
        async move {
            let modified = object.last_modified;
            Ok::<_, Error>(Image {
                key: object.key.as_str().to_owned(),
                image_url: origin.listed_url(session, &object.key).await?,
                last_modified: modified.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
            })
        }
    });
    let images = stream::iter(listed)
        .buffered(SIGNED_AT_ONCE)
        .try_collect()
        .await?;
    Ok(Json(Images { images }))
}

/// Where the images of whoever asks are.
fn folder(session: &Session) -> Cow<'static, str> {
    let own = session.own_folder(FOLDER);
    own.map_or(Cow::Borrowed(FOLDER), Cow::Owned)
}

/// The media type by a file's name; anything else is stored as bytes.
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
