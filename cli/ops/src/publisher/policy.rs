//! The policy in the bucket: read, and replaced only if nobody else has changed it meanwhile.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use keyfront_origin_core::publisher::{POLICY_KEY, PolicyError, Publishers};

use crate::{aws::call_error, bucket_target::BucketTarget};

/// Attempts of one change. Two people seldom edit at once; more than this means that something is wrong.
const MAX_ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(80);

/// The policy as it was read.
pub(super) struct PolicyObject {
    pub(super) policy: Publishers,
    /// The document and its ETag; `None` if there is none yet.
    object: Option<(Vec<u8>, String)>,
}

/// Reads the policy; an empty one if the bucket has none.
pub(super) async fn read(target: &BucketTarget) -> anyhow::Result<PolicyObject> {
    let call = target
        .s3
        .get_object()
        .bucket(&target.bucket)
        .key(POLICY_KEY);
    let object = match call.send().await {
        Ok(object) => object,
        Err(error) if error.code() == Some("NoSuchKey") => {
            return Ok(PolicyObject {
                policy: Publishers::default(),
                object: None,
            });
        }
        Err(error) => {
            return Err(call_error(error).context(format!(
                "{POLICY_KEY} of bucket {} cannot be read",
                target.bucket
            )));
        }
    };
    let etag = object
        .e_tag
        .context("the bucket returned no ETag, without which a change would not be safe")?;
    let document = object
        .body
        .collect()
        .await
        .context("the policy was truncated")?
        .to_vec();
    let policy = Publishers::parse(&document).with_context(|| {
        format!(
            "{POLICY_KEY} of bucket {} is invalid; it was not changed",
            target.bucket
        )
    })?;
    Ok(PolicyObject {
        policy,
        object: Some((document, etag)),
    })
}

/// Whether anyone may publish into the bucket.
pub(crate) async fn has_publishers(target: &BucketTarget) -> anyhow::Result<bool> {
    Ok(!read(target).await?.policy.publishers().is_empty())
}

/// Changes the policy. `edit` is repeated on the current policy for as long as others change it in between; what it
/// returned for the change that was stored is returned.
///
/// # Errors
/// What `edit` refused, what the bucket refused, or that others kept changing the policy.
pub(crate) async fn change<T>(
    target: &BucketTarget,
    edit: impl Fn(Publishers) -> anyhow::Result<(Publishers, T)>,
) -> anyhow::Result<T> {
    let mut unconfirmed: Option<(Vec<u8>, T)> = None;
    for attempt in 0..MAX_ATTEMPTS {
        let stored = read(target).await?;
        let known = stored.object.as_ref().map(|(document, _)| document);
        // An answer may be lost after S3 has stored the change: the refusal then comes from our own write.
        if let Some((written, outcome)) = unconfirmed.take()
            && known == Some(&written)
        {
            return Ok(outcome);
        }
        let (policy, outcome) = edit(stored.policy)?;
        let document = policy.to_json()?;
        // What the origin would refuse must not replace what works.
        Publishers::parse(&document).map_err(|error| match error {
            PolicyError::TooLarge => anyhow::anyhow!("the policy is too large: it may have 1 MiB"),
            other => other.into(),
        })?;
        let etag = stored.object.map(|(_, etag)| etag);
        match write(target, &document, etag).await? {
            Write::Stored => return Ok(outcome),
            Write::Overtaken => unconfirmed = Some((document, outcome)),
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(attempt.min(4))).await;
    }
    anyhow::bail!("nothing was changed: the publishers' policy was changed concurrently; try again")
}

enum Write {
    Stored,
    Overtaken,
}

async fn write(
    target: &BucketTarget,
    document: &[u8],
    etag: Option<String>,
) -> anyhow::Result<Write> {
    let call = target
        .s3
        .put_object()
        .bucket(&target.bucket)
        .key(POLICY_KEY);
    let call = match etag {
        Some(etag) => call.if_match(etag),
        None => call.if_none_match("*"),
    };
    let call = call
        .content_type("application/json")
        .cache_control("no-store")
        .body(document.to_vec().into());
    match call.send().await {
        Ok(_) => Ok(Write::Stored),
        // 404: the document we read has been deleted since.
        Err(error)
            if matches!(
                error.code(),
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")
            ) =>
        {
            Ok(Write::Overtaken)
        }
        Err(error) => Err(call_error(error).context(format!(
            "{POLICY_KEY} of bucket {} cannot be written",
            target.bucket
        ))),
    }
}
