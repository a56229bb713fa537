//! What is in the bucket, as the rest of the origin sees it.

use std::collections::HashMap;

use aws_sdk_s3::primitives::DateTime;
use bytes::Bytes;
use keyfront_names::ObjectKey;

use crate::encryption::ServerSide;

/// An object's metadata, as far as a publisher may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectDescription {
    /// Entity tag with its quotes.
    pub etag: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub content_type: Option<String>,
    /// Content coding.
    pub content_encoding: Option<String>,
    /// How browsers shall present it.
    pub content_disposition: Option<String>,
    /// Languages of its readers.
    pub content_language: Option<String>,
    /// How long caches keep it.
    pub cache_control: Option<String>,
    /// Last write.
    pub last_modified: Option<DateTime>,
    /// How S3 encrypted it, if as one of our modes asks for; under KMS, with the configured key.
    pub encryption: Option<ServerSide>,
    /// User metadata, named without `x-amz-meta-`: of envelopes, sealed metadata and foreign writers.
    pub metadata: HashMap<String, String>,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedObject {
    /// The key.
    pub key: ObjectKey,
    /// Entity tag with its quotes.
    pub etag: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Last write.
    pub last_modified: Option<DateTime>,
}

/// Part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectPage {
    /// Objects whose keys Keyfront can serve, in the order of their keys' bytes.
    pub entries: Vec<ListedObject>,
    /// The raw last key S3 returned, servable or not; `None` when nothing follows.
    pub more_after: Option<String>,
}

/// What begins with a prefix, up to the next slash.
#[derive(Debug, Clone, PartialEq)]
pub struct FolderContents {
    /// Objects whose keys Keyfront can serve, in the order of their keys' bytes.
    pub objects: Vec<ListedObject>,
    /// Beginnings of further keys, each up to its slash, in the order of their bytes.
    pub prefixes: Vec<String>,
    /// The last key or prefix S3 returned, servable or not; `None` when nothing follows.
    pub more_after: Option<String>,
    /// Whether S3 returned anything, servable or not.
    pub is_empty: bool,
}

/// A document of the bucket.
#[derive(Debug)]
pub enum DocumentRead {
    /// Still what the given entity tag names.
    Unchanged,
    /// Read anew.
    Read {
        /// Entity tag with its quotes.
        etag: Option<String>,
        /// The document.
        body: Bytes,
    },
}
