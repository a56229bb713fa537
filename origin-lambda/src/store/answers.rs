//! What the bucket answered, judged and free of the SDK's shapes.

use std::collections::HashMap;

use aws_sdk_s3::primitives::DateTime;
use bytes::Bytes;
use keyfront_names::ObjectKey;

use crate::encryption::ServerSide;

/// What an upload became in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Entity tag with its quotes.
    pub etag: String,
}

/// An object's metadata, as far as a publisher may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
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
    /// How long caches keep it.
    pub cache_control: Option<String>,
    /// Last write.
    pub last_modified: Option<DateTime>,
    /// How S3 encrypted it.
    pub encryption: Encryption,
    /// User metadata, named without `x-amz-meta-`: of envelopes, sealed metadata and foreign writers.
    pub metadata: HashMap<String, String>,
}

/// How an object is encrypted, told without naming keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// As one of our modes asks for; under KMS, with the configured key.
    Applied(ServerSide),
    /// Anything else.
    Other,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
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
pub struct Listing {
    /// Objects whose keys Keyfront can serve, in the order of their keys' bytes.
    pub entries: Vec<Entry>,
    /// The raw last key S3 told, servable or not; `None` when nothing follows.
    pub more_after: Option<String>,
}

/// The publishers' policy as read from the bucket.
#[derive(Debug)]
pub enum PolicyDocument {
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
