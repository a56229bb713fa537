//! An object as it is to be stored, and as S3 describes it, free of any client's shapes.

use std::collections::BTreeMap;

use crate::{
    content_coding::ContentCoding,
    encryption::{ServerSide, SseApplied},
    error::Error,
};

/// Name of the entry that says which upload an object came from, without `x-amz-meta-`: so verification never
/// considers, let alone removes, what another writer stored.
pub const UPLOAD_ID_METADATA: &str = "keyfront-upload";

/// Name of the entry that has browsers open the object in a sandbox, without `x-amz-meta-`
/// ([`SANDBOXED`](keyfront_contract::header::SANDBOXED)).
pub const SANDBOX_METADATA: &str = "keyfront-sandbox";

/// The disposition of what browsers must not open.
pub const ATTACHMENT: &str = "attachment";

/// The metadata of an object that a browser opens in a sandbox, or not.
pub fn sandbox_mark(sandboxed: bool) -> BTreeMap<String, String> {
    let mark = sandboxed.then(|| (SANDBOX_METADATA.to_owned(), "1".to_owned()));
    mark.into_iter().collect()
}

/// The headers of a `PUT` that S3 stores with the object and returns to readers, besides user metadata.
pub const CONTENT_HEADERS: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-encoding",
    "content-disposition",
    "content-language",
    "expires",
];

/// Everything about an object except its key and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectAttributes {
    /// The media type.
    pub content_type: String,
    /// The content coding the publisher applied.
    pub content_encoding: Option<ContentCoding>,
    /// How browsers shall present it.
    pub content_disposition: Option<String>,
    /// How long caches keep it.
    pub cache_control: String,
    /// User metadata, named without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// How S3 encrypts it.
    pub server_side: ServerSide,
}

impl ObjectAttributes {
    /// The headers that S3 stores with the object. Encryption is not among them:
    /// [`ServerSide::request`] has it, since it needs the keys.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("content-type".to_owned(), self.content_type.clone()),
            ("cache-control".to_owned(), self.cache_control.clone()),
        ];
        let coding = self
            .content_encoding
            .map(|coding| coding.as_str().to_owned());
        for (name, value) in [
            ("content-encoding", coding),
            ("content-disposition", self.content_disposition.clone()),
        ] {
            headers.extend(value.map(|value| (name.to_owned(), value)));
        }
        let metadata = self.metadata.iter();
        headers.extend(metadata.map(|(name, value)| (format!("x-amz-meta-{name}"), value.clone())));
        headers
    }
}

/// What must hold for the key when an object is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is no object.
    Absent,
    /// The object has this entity tag.
    Matches(String),
    /// Nothing.
    None,
}

impl Precondition {
    /// Names a failed precondition as the caller knows it.
    pub fn explain(&self, error: Error) -> Error {
        match (self, error) {
            (Self::Absent, Error::Precondition) => Error::AlreadyExists,
            (Self::Matches(_), Error::NotFound) => Error::Precondition,
            (_, error) => error,
        }
    }
}

/// An object in the bucket, as verification sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The upload it came from, if it came from one.
    pub upload: Option<String>,
    /// The values of [`CONTENT_HEADERS`], in that order; `None` for one that was not stored.
    pub content_headers: [Option<String>; 6],
    /// How S3 encrypted it.
    pub encryption: SseApplied,
    /// How S3 encrypted it.
    /// SHA-256, base64.
    pub sha256: Option<String>,
    /// CRC-64/NVME, base64.
    pub crc64nvme: Option<String>,
}

/// A part of an upload that S3 holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// Entity tag with its quotes.
    pub etag: String,
}
