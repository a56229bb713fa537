//! The publishers' policy in the bucket.

use keyfront_origin_core::publisher::{MAX_DOCUMENT, POLICY_KEY, PolicyError, Publishers};

use crate::{
    bucket_target::BucketTarget,
    policy_document::{self, PolicyDocument, StoredPolicy},
};

impl PolicyDocument for Publishers {
    const KEY: &'static str = POLICY_KEY;
    const NAME: &'static str = "the publishers' policy";
    const MAX_BYTES: usize = MAX_DOCUMENT;
    type Error = PolicyError;

    fn parse(document: &[u8]) -> Result<Self, PolicyError> {
        Self::parse(document)
    }

    fn to_json(&self) -> Result<Vec<u8>, PolicyError> {
        self.to_json()
    }
}

/// Reads the policy; an empty one if the bucket has none.
pub(super) async fn read(target: &BucketTarget) -> anyhow::Result<StoredPolicy<Publishers>> {
    policy_document::read(target).await
}

/// Whether anyone may publish into the bucket.
pub(crate) async fn has_publishers(target: &BucketTarget) -> anyhow::Result<bool> {
    Ok(!read(target).await?.policy.publishers().is_empty())
}

/// Changes the policy, as [`policy_document::change`] does.
///
/// # Errors
/// Its errors.
pub(crate) async fn change<T>(
    target: &BucketTarget,
    edit: impl Fn(Publishers) -> anyhow::Result<(Publishers, T)>,
) -> anyhow::Result<T> {
    policy_document::change(target, edit).await
}
