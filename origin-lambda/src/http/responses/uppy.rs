//! What Uppy reads.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A form upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UppyForm {
    #[schema(example = "POST")]
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) fields: BTreeMap<String, String>,
    /// Seconds.
    pub(crate) expires: u32,
    pub(crate) key: String,
}

/// A multipart upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UppyMultipart {
    pub(crate) key: String,
    pub(crate) upload_id: String,
}

/// A part that S3 holds, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UppyPart {
    pub(crate) part_number: u32,
    pub(crate) size: u64,
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
}

/// Presigned requests for parts, as Uppy reads them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum UppySigned {
    /// Of `batch`, by part number.
    Batch {
        #[serde(rename = "presignedUrls")]
        presigned_urls: BTreeMap<String, String>,
    },
    /// Of one part.
    One {
        url: String,
        /// Seconds.
        expires: u32,
    },
}

/// A completed upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UppyLocation {
    pub(crate) location: String,
    pub(crate) key: String,
    pub(crate) bucket: String,
}

/// Nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Empty {}
