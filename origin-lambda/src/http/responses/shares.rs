//! URLs that read objects.

use keyfront_origin_core::{sharing::Via, uploads::Promise};
use serde::Serialize;
use utoipa::ToSchema;

/// A URL that reads one object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Share {
    pub(crate) key: String,
    pub(crate) url: String,
    pub(crate) via: Via,
    /// Unix time after which it is refused.
    pub(crate) expires: u64,
    pub(crate) validity: Promise,
}

/// An image that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageStored {
    pub(crate) message: &'static str,
    pub(crate) file_name: String,
}

/// The images of a publisher's folder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Images {
    pub(crate) images: Vec<Image>,
}

/// An image.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Image {
    pub(crate) key: String,
    /// Where it is signed: works for an hour, or as long as the rule allows; presigned, until its session ends as well.
    pub(crate) image_url: String,
    /// RFC 3339
    pub(crate) last_modified: Option<String>,
}
