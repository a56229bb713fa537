//! The records of objects and their parts, as they are written (JSON).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{millis::Millis, version_id::Stamp};
use crate::blobs::BlobId;

/// Ciphertext, written as base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealedBytes(pub Vec<u8>);

impl TryFrom<String> for SealedBytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

impl From<SealedBytes> for String {
    fn from(bytes: SealedBytes) -> Self {
        STANDARD.encode(bytes.0)
    }
}

/// An object's lock, as S3 shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectLockState {
    /// Its mode, and until when.
    pub retention: Option<(String, Millis)>,
    /// `ON`, or `OFF` if it was ever set.
    pub legal_hold: Option<String>,
}

/// An object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Object {
    /// Plaintext bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// When it was put.
    pub modified: Millis,
    /// System metadata.
    pub headers: ContentHeaders,
    /// User metadata: names without `x-amz-meta-`, decoded values.
    pub metadata: BTreeMap<String, String>,
    /// Object tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// How its data key is protected.
    pub protection: Protection,
    /// The body, in order.
    pub pieces: Vec<StoredPiece>,
    /// Its checksum.
    pub checksum: Option<StoredChecksum>,
    /// The parts it was completed from; empty for a single PUT.
    #[serde(default)]
    pub parts: Vec<PartSummary>,
    /// Its Object Lock.
    #[serde(default)]
    pub lock: ObjectLockState,
    /// Which version of its key it is; the catalog writes it. Nothing is recorded where a bucket never had versions.
    #[serde(default, skip_serializing_if = "Stamp::is_of_no_versions")]
    pub stamp: Stamp,
}

/// A part of a completed object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartSummary {
    /// As the client numbered it.
    pub number: u32,
    /// Plaintext bytes.
    pub size: u64,
    /// Base64, if the upload has a checksum algorithm.
    pub checksum: Option<String>,
}

/// The headers that S3 stores and returns verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContentHeaders {
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Expires`
    pub expires: Option<Millis>,
    /// `x-amz-website-redirect-location`
    pub website_redirect: Option<String>,
}

/// One body of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredPiece {
    /// The body's name.
    pub blob: BlobId,
    /// Its key, wrapped under the object's data key and bound to the name.
    pub key: SealedBytes,
    /// Plaintext bytes.
    pub size: u64,
}

/// What protects an object's data key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// SSE-S3: the key is wrapped under S3's own root key.
    S3 {
        /// The data key.
        key: SealedBytes,
    },
    /// SSE-KMS.
    Kms {
        /// The key's ARN.
        key_arn: String,
        /// The encryption context of the KMS call.
        context: BTreeMap<String, String>,
        /// The data key.
        key: WrappedKey,
        /// SSE-KMS or DSSE-KMS.
        #[serde(default)]
        layers: Layers,
    },
    /// SSE-C: the data key is wrapped under the customer's key, of which nothing else is kept.
    Customer {
        /// The data key; it opens under the right key alone, and so tells whether a key is the right one.
        key: SealedBytes,
    },
}

/// How often S3 encrypts under KMS. The stack keeps the two apart and encrypts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layers {
    /// SSE-KMS
    #[default]
    One,
    /// DSSE-KMS
    Two,
}

/// A data key under KMS, directly or through a bucket key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrappedKey {
    /// KMS's ciphertext of the data key.
    Direct(SealedBytes),
    /// The data key under a bucket key, which is what KMS wrapped.
    BucketKey {
        /// KMS's ciphertext of the bucket key.
        bucket_key: SealedBytes,
        /// The data key under the bucket key.
        key: SealedBytes,
    },
}

impl WrappedKey {
    /// Whether a bucket key stands between.
    pub fn is_under_bucket_key(&self) -> bool {
        matches!(self, Self::BucketKey { .. })
    }
}

/// A checksum as it is returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChecksum {
    /// `CRC64NVME` and so on.
    pub algorithm: String,
    /// Base64; composite ones end in `-N`.
    pub value: String,
    /// Over what.
    pub scope: ChecksumScope,
}

/// What a checksum was computed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChecksumScope {
    /// All bytes.
    FullObject,
    /// The checksums of the parts.
    Composite,
}

impl Object {
    /// The bodies it needs.
    pub fn blobs(&self) -> Vec<BlobId> {
        self.pieces.iter().map(|piece| piece.blob).collect()
    }
}

/// An uploaded part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredPart {
    /// Its body.
    pub piece: StoredPiece,
    /// Without quotes.
    pub etag: String,
    /// When it came.
    pub modified: Millis,
    /// Algorithm and base64 value.
    pub checksum: Option<(String, String)>,
    /// The same of a checksum of another algorithm, which came with the part and was its.
    #[serde(default)]
    pub stated: Option<(String, String)>,
}

/// Why an upload cannot be completed as requested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompletionRefusal {
    /// The list is empty.
    #[error("no parts")]
    NoParts,
    /// Numbers do not ascend.
    #[error("part numbers do not ascend")]
    PartOrder,
    /// A part does not exist, or its ETag differs.
    #[error("part {0} was not uploaded so")]
    InvalidPart(u32),
    /// A part other than the last is under 5 MiB.
    #[error("part {number} has only {size} bytes")]
    TooSmall {
        /// Which.
        number: u32,
        /// Its bytes.
        size: u64,
    },
    /// A checksum the client states differs.
    #[error("the checksum does not match")]
    Checksum,
}
