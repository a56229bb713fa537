//! The settings of a bucket on which a copy of its objects depends.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::{aws::call_error, bucket_target::BucketTarget};

/// Ownership under which no object has an ACL.
pub(crate) const ENFORCED: &str = "BucketOwnerEnforced";

/// A setting that was read, or why it could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading<T> {
    Known(T),
    Unreadable(String),
}

/// Refuses a bucket whose objects may have ACLs: a copy has none of its original's.
///
/// # Errors
/// The ownership of its objects is another one, or could not be read.
pub(crate) fn require_enforced(
    ownership: &Reading<Option<String>>,
    bucket: &str,
) -> anyhow::Result<()> {
    let found = match ownership {
        Reading::Known(Some(found)) if found == ENFORCED => return Ok(()),
        Reading::Known(Some(found)) => format!("is {found}"),
        Reading::Known(None) => "was never set".to_owned(),
        Reading::Unreadable(why) => format!("could not be read ({why})"),
    };
    anyhow::bail!(
        "a copy would lose the ACLs of objects: object ownership of bucket {bucket} {found}, and must be {ENFORCED}; set that first (PutBucketOwnershipControls)"
    )
}

/// A bucket's Object Lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ObjectLock {
    /// Whether new objects are retained by default.
    pub(crate) retains_by_default: bool,
}

/// What S3 answered. `absent` is the code of "nothing is set", which reads as the default.
pub(crate) fn reading<O, T: Default, E>(
    answer: Result<O, SdkError<E>>,
    absent: &str,
    read: impl FnOnce(O) -> T,
) -> anyhow::Result<Reading<T>>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Reading::Known(read(answer))),
        Err(error) if error.code() == Some(absent) => Ok(Reading::Known(T::default())),
        Err(error) if error.raw_response().is_some() => {
            Ok(Reading::Unreadable(format!("{:#}", call_error(error))))
        }
        Err(error) => Err(call_error(error).context("S3 cannot be reached")),
    }
}

/// Such as `BucketOwnerEnforced`; `None` where nothing was ever set, which leaves ACLs on.
pub(crate) async fn ownership(target: &BucketTarget) -> anyhow::Result<Reading<Option<String>>> {
    let call = target
        .s3
        .get_bucket_ownership_controls()
        .bucket(target.bucket.as_str());
    reading(
        call.send().await,
        "OwnershipControlsNotFoundError",
        |answer| {
            let rule = answer.ownership_controls?.rules.into_iter().next()?;
            Some(rule.object_ownership.as_str().to_owned())
        },
    )
}

/// `Enabled`, `Suspended`, or `None` if it never was.
pub(crate) async fn versioning(target: &BucketTarget) -> anyhow::Result<Reading<Option<String>>> {
    let call = target
        .s3
        .get_bucket_versioning()
        .bucket(target.bucket.as_str());
    reading(call.send().await, "", |answer| {
        answer.status.map(|status| status.as_str().to_owned())
    })
}

/// Its Object Lock, if it has one.
pub(crate) async fn object_lock(
    target: &BucketTarget,
) -> anyhow::Result<Reading<Option<ObjectLock>>> {
    let call = target
        .s3
        .get_object_lock_configuration()
        .bucket(target.bucket.as_str());
    let absent = "ObjectLockConfigurationNotFoundError";
    reading(call.send().await, absent, |answer| {
        let rule = answer.object_lock_configuration?.rule;
        let default = rule.and_then(|rule| rule.default_retention);
        Some(ObjectLock {
            retains_by_default: default.is_some(),
        })
    })
}
