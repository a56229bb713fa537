//! The records themselves, as they are written (JSON).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::blobs::BlobId;

/// Milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Millis(pub(crate) i64);

impl Millis {
    /// The same moment with its milliseconds cut off, as `Last-Modified` can say it.
    pub fn to_seconds(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// So many days later.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * 86_400_000))
    }

    /// The same moment, for listings.
    pub fn to_time(self) -> OffsetDateTime {
        self.to_seconds() + time::Duration::milliseconds(self.0.rem_euclid(1000))
    }
}

impl From<std::time::SystemTime> for Millis {
    fn from(moment: std::time::SystemTime) -> Self {
        let millis =
            (OffsetDateTime::from(moment) - OffsetDateTime::UNIX_EPOCH).whole_milliseconds();
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

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

/// A bucket and its settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bucket {
    /// When it was made.
    pub created: Millis,
    /// Encryption of objects whose writer says nothing.
    pub default: BucketDefault,
    /// The bucket policy's text, as it was put.
    pub policy: Option<String>,
    /// `None` after DeletePublicAccessBlock.
    pub public_access_block: Option<PublicAccessBlock>,
    /// `None` where the bucket has no Object Lock.
    #[serde(default)]
    pub object_lock: Option<ObjectLock>,
    /// Whether writes under customer keys (SSE-C) are refused.
    #[serde(default)]
    pub customer_keys: CustomerKeys,
    /// What pages of other origins may do, in order; empty without a CORS configuration.
    #[serde(default)]
    pub cors: Vec<CorsRule>,
}

/// A rule of a bucket's CORS configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsRule {
    /// `ID`, for people.
    pub id: Option<String>,
    /// `AllowedOrigin`, each with one star at most.
    pub origins: Vec<String>,
    /// `AllowedMethod`
    pub methods: Vec<String>,
    /// `AllowedHeader`, each with one star at most.
    pub headers: Vec<String>,
    /// `ExposeHeader`
    pub exposed: Vec<String>,
    /// `MaxAgeSeconds`
    pub max_age: Option<u32>,
}

/// Whether a bucket takes objects under customer keys (SSE-C).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKeys {
    /// What every new bucket has since April 2026.
    #[default]
    Blocked,
    /// `BlockedEncryptionTypes` is `NONE`.
    Allowed,
}

/// A bucket's Object Lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// For new objects that name no retention of their own.
    pub default: Option<DefaultRetention>,
}

/// A bucket's default retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRetention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
    /// How long.
    pub period: RetentionPeriod,
}

/// How long a default retention lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionPeriod {
    /// `Days`
    Days(u32),
    /// `Years`
    Years(u32),
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

/// A bucket's default encryption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketDefault {
    /// SSE-S3, which every bucket has unless configured otherwise.
    S3,
    /// SSE-KMS.
    Kms {
        /// Key id, ARN or alias as it was put; `None` means the AWS managed key `aws/s3`.
        key_id: Option<String>,
        /// Whether bucket keys are on.
        bucket_key: bool,
    },
}

/// The four settings of Block Public Access; nothing is public here whatever they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// BlockPublicAcls
    pub block_acls: bool,
    /// IgnorePublicAcls
    pub ignore_acls: bool,
    /// BlockPublicPolicy
    pub block_policy: bool,
    /// RestrictPublicBuckets
    pub restrict_buckets: bool,
}

impl PublicAccessBlock {
    /// What every new bucket has since April 2023.
    pub const ALL: Self = Self {
        block_acls: true,
        ignore_acls: true,
        block_policy: true,
        restrict_buckets: true,
    };
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

/// What must hold of the present object for a write to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteCondition {
    /// Nothing.
    #[default]
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Etag(String),
}

/// Why a conditional write did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// There is no object to match: 404.
    NoObject,
    /// There is one that does not match: 412.
    Failed,
}

impl WriteCondition {
    /// Evaluates the condition against the ETag of what is there.
    pub fn evaluate(&self, present: Option<&str>) -> Result<(), Unmet> {
        match (self, present) {
            (Self::Always, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Absent, Some(_)) => Err(Unmet::Failed),
            (Self::Present | Self::Etag(_), None) => Err(Unmet::NoObject),
            (Self::Etag(wanted), Some(etag)) if wanted == etag => Ok(()),
            (Self::Etag(_), Some(_)) => Err(Unmet::Failed),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_conditions_follow_the_table() {
        let etag = WriteCondition::Etag("a".into());
        for (condition, present, expected) in [
            (&WriteCondition::Always, None, Ok(())),
            (&WriteCondition::Absent, None, Ok(())),
            (&WriteCondition::Absent, Some("a"), Err(Unmet::Failed)),
            (&WriteCondition::Present, None, Err(Unmet::NoObject)),
            (&WriteCondition::Present, Some("a"), Ok(())),
            (&etag, None, Err(Unmet::NoObject)),
            (&etag, Some("a"), Ok(())),
            (&etag, Some("b"), Err(Unmet::Failed)),
        ] {
            assert_eq!(
                condition.evaluate(present),
                expected,
                "{condition:?} {present:?}"
            );
        }
    }

    #[test]
    fn seconds_before_the_epoch_round_down() {
        assert_eq!(Millis(-1).to_seconds().unix_timestamp(), -1);
        assert_eq!(Millis(1999).to_seconds().unix_timestamp(), 1);
    }
}
