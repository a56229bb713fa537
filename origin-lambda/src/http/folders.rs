//! `GET /list/{folder}/`: what a folder holds, for viewers of a site that lists its folders.
//!
//! The edge alone asks for it, says where viewers find the folder, and keeps it within the site.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{Html, IntoResponse as _, Response},
};
use http::{
    HeaderValue, Uri,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use keyfront_names::ObjectKey;
use keyfront_origin_core::folder::{self, Folder};

use super::{
    query::{FolderQuery, Format, Parameters},
    reader::Viewer,
    refusal::Refusal,
    responses::FolderPage,
};
use crate::{error::Error, folders, origin::Origin};

/// What the routes begin with.
const LIST: &str = "/list/";

/// Lists a folder, as a page or as JSON.
pub(super) async fn list(
    State(origin): State<Arc<Origin>>,
    Viewer: Viewer,
    uri: Uri,
    Parameters(query): Parameters<FolderQuery>,
) -> Result<Response, Refusal> {
    let folder = Folder {
        prefix: prefix(&uri)?,
        site: query.site,
        path: query.path,
    };
    let page = folders::page(&origin.store, &folder, query.after.as_deref()).await?;
    let mut response = match query.format {
        Format::Html => Html(folder.html(&page)).into_response(),
        Format::Json => Json(FolderPage::of(&folder, page)).into_response(),
    };
    for (name, value) in [
        (CACHE_CONTROL, folder::CACHE_CONTROL),
        (CONTENT_SECURITY_POLICY, folder::CONTENT_SECURITY_POLICY),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The beginning of the keys that the path names; `""` is the bucket's root.
fn prefix(uri: &Uri) -> Result<String, Error> {
    let encoded = uri.path().strip_prefix(LIST).ok_or(Error::NotFound)?;
    if encoded.is_empty() {
        return Ok(String::new());
    }
    let key = ObjectKey::from_wire_path(encoded).map_err(Error::Key)?;
    let prefix = key.into_string();
    if prefix.ends_with('/') {
        Ok(prefix)
    } else {
        Err(Error::NotFound)
    }
}
