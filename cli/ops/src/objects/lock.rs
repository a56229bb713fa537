//! What a copy could lose of an object's lock: whether the caller may see it at all, and what the bucket would add.

use anyhow::bail;
use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::head_object::HeadObjectOutput,
};

use super::settings::{ObjectLock, Reading};
use crate::{aws::call_error, bucket_target::BucketTarget};

/// The codes by which S3 says that there is nothing to see.
const NONE: [&str; 4] = [
    "NoSuchObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "InvalidRequest",
    "NotImplemented",
];

/// Why a copy of the object would change its lock, if it would.
///
/// # Errors
/// The lock may not be seen, so that a copy could lose it silently: HEAD leaves it out for such callers.
pub(crate) async fn obstacle(
    target: &BucketTarget,
    bucket: &Reading<Option<ObjectLock>>,
    key: &str,
    seen: &HeadObjectOutput,
) -> anyhow::Result<Option<String>> {
    if *bucket == Reading::Known(None) {
        return Ok(None);
    }
    let retention = target
        .s3
        .get_object_retention()
        .bucket(target.bucket.as_str());
    visible(retention.key(key).send().await, "s3:GetObjectRetention")?;
    let hold = target
        .s3
        .get_object_legal_hold()
        .bucket(target.bucket.as_str());
    visible(hold.key(key).send().await, "s3:GetObjectLegalHold")?;
    let retains = matches!(bucket, Reading::Known(Some(lock)) if lock.retains_by_default);
    Ok((retains && seen.object_lock_mode().is_none()).then(|| {
        "it has no retention, and a copy would get the bucket's default retention".to_owned()
    }))
}

fn visible<T, E>(answer: Result<T, SdkError<E>>, action: &str) -> anyhow::Result<()>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let Err(error) = answer else {
        return Ok(());
    };
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match (error.code(), status) {
        (Some(code), _) if NONE.contains(&code) => Ok(()),
        (_, Some(404)) => Ok(()),
        (_, Some(403)) => bail!(
            "the bucket has Object Lock, or may have, and {action} is denied: a copy could lose the lock of an object \
             silently. Grant {action}"
        ),
        _ => Err(call_error(error).context("the lock of an object cannot be read")),
    }
}
