//! What the operator calls an existing bucket and its key, and what to do about one that cannot be used.

use crate::deploy::template::{BUCKET, KEY};

/// The names, and the remedies.
pub(super) struct Fields {
    pub(super) bucket: &'static str,
    pub(super) key: &'static str,
    pub(super) without_bucket: &'static str,
    pub(super) without_key: &'static str,
    /// Before the Region a bucket is in.
    pub(super) elsewhere: &'static str,
}

impl Fields {
    /// `ExistingBucket` and `ExistingKeyArn`.
    pub(super) const PARAMETERS: Self = Self {
        bucket: BUCKET,
        key: KEY,
        without_bucket: "create it, or remove ExistingBucket to have one created",
        without_key: "give one of this account or remove both ExistingBucket and ExistingKeyArn",
        elsewhere: "deploy with --region",
    };
    /// Those of a site of `--sites`.
    pub(super) const OF_SITES: Self = Self {
        bucket: "--sites: bucket",
        key: "--sites: key_arn",
        without_bucket: "create it, or remove its sites from the file",
        without_key: "give the key that the bucket's objects are encrypted with",
        elsewhere: "give a key_arn of",
    };
}
