//! The record of a bucket, as it is written (JSON).

use serde::{Deserialize, Serialize};

use super::millis::Millis;

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
    /// Whether it keeps versions.
    #[serde(default, skip_serializing_if = "Versioning::is_off")]
    pub versioning: Versioning,
}

/// Whether a bucket keeps the versions of its objects. There is no way back to [`Versioning::Off`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// It never did.
    #[default]
    Off,
    /// Every write makes a version.
    Enabled,
    /// A write makes the `null` version, in the place of the former one; other versions stay.
    Suspended,
}

impl Versioning {
    /// Whether the bucket never kept versions.
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde takes
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }
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
