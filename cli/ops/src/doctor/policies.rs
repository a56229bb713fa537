//! The bucket's and the key's policies, read and evaluated for the edge's role and one object.

use anyhow::Context as _;
use aws_sdk_s3::error::ProvideErrorMetadata as _;

use super::{access::Access, evidence::PolicyVerdict, subject::Subject};
use crate::aws::call_error;

/// The bucket's policy, evaluated for the object.
///
/// # Errors
/// It cannot be read, or not be evaluated.
pub(super) async fn of_bucket(
    access: &Access,
    subject: &Subject<'_>,
) -> anyhow::Result<PolicyVerdict> {
    let Subject {
        role,
        bucket,
        replies,
    } = subject;
    let answer = access.s3().get_bucket_policy().bucket(bucket).send().await;
    let policy = match answer {
        Ok(answer) => answer.policy.context("S3 returned no policy")?,
        Err(error) => {
            if error.code() == Some("NoSuchBucketPolicy") {
                return Ok(PolicyVerdict::LeavesToRole);
            }
            return Err(call_error(error).context("the bucket's policy cannot be read"));
        }
    };
    role.evaluate_bucket_policy(&policy, bucket, &replies.key)
        .context("the bucket's policy has elements that this program cannot evaluate")
}

/// The policy of the object's key, evaluated for the object.
///
/// # Errors
/// It cannot be read, or not be evaluated.
pub(super) async fn of_key(
    access: &Access,
    subject: &Subject<'_>,
    key: &str,
) -> anyhow::Result<PolicyVerdict> {
    let Subject {
        role,
        bucket,
        replies,
    } = subject;
    let answer = access
        .kms(key)
        .get_key_policy()
        .key_id(key)
        .policy_name("default")
        .send()
        .await;
    let policy = answer
        .map_err(|error| call_error(error).context("the key's policy cannot be read"))?
        .policy
        .context("KMS returned no policy")?;
    let by_bucket = replies
        .head
        .encryption
        .as_ref()
        .is_some_and(|encryption| encryption.bucket_key);
    let encrypted = match by_bucket {
        true => role.bucket_arn(bucket),
        false => format!("{}/{}", role.bucket_arn(bucket), replies.key),
    };
    role.evaluate_key_policy(&policy, key, &encrypted)
        .context("the key's policy has elements that this program cannot evaluate")
}
