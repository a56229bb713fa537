//! A policy in the bucket: one document below `.keyfront/`, read, and replaced only if nobody else has changed it meanwhile.
//!
//! What a policy may say is the origin's (`keyfront_origin_core`); nothing of it is decided here.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_s3::error::ProvideErrorMetadata as _;

use crate::{
    aws::{call_error, is_overtaken},
    bucket_target::BucketTarget,
};

/// Attempts of one change. Two people seldom edit at once; more than this means that something is wrong.
const MAX_ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(80);

/// A kind of policy. Where the bucket has no document of it, the default counts.
pub(crate) trait PolicyDocument: Default + Sized {
    /// The document's key in the bucket.
    const KEY: &'static str;
    /// What messages call it, with its article.
    const NAME: &'static str;
    /// Bytes that the origin reads of it.
    const MAX_BYTES: usize;
    /// Why a document is not one.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Reads a whole valid document, or nothing.
    fn parse(document: &[u8]) -> Result<Self, Self::Error>;

    /// Writes the document.
    fn to_json(&self) -> Result<Vec<u8>, Self::Error>;
}

/// A policy as it was read.
pub(crate) struct StoredPolicy<P> {
    pub(crate) policy: P,
    /// The document and its ETag; `None` if there is none yet.
    object: Option<(Vec<u8>, String)>,
}

impl<P> StoredPolicy<P> {
    /// Whether the bucket has a document; otherwise the policy is the default.
    pub(crate) fn exists(&self) -> bool {
        self.object.is_some()
    }
}

/// Reads the policy; the default one if the bucket has none.
///
/// # Errors
/// The bucket refuses, or the document is none.
pub(crate) async fn read<P: PolicyDocument>(
    target: &BucketTarget,
) -> anyhow::Result<StoredPolicy<P>> {
    let call = target
        .s3
        .get_object()
        .bucket(target.bucket.as_str())
        .key(P::KEY);
    let object = match call.send().await {
        Ok(object) => object,
        Err(error) if error.code() == Some("NoSuchKey") => {
            return Ok(StoredPolicy {
                policy: P::default(),
                object: None,
            });
        }
        Err(error) => {
            return Err(call_error(error).context(format!(
                "{} of bucket {} cannot be read",
                P::KEY,
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
    let policy = P::parse(&document).with_context(|| {
        format!(
            "{} of bucket {} is invalid; it was not changed",
            P::KEY,
            target.bucket
        )
    })?;
    Ok(StoredPolicy {
        policy,
        object: Some((document, etag)),
    })
}

/// Changes the policy. `edit` is repeated on the current policy for as long as others change it in between; what it
/// returned for the change that was stored is returned.
///
/// # Errors
/// What `edit` refused, what the bucket refused, or that others kept changing the policy.
pub(crate) async fn change<P: PolicyDocument, T>(
    target: &BucketTarget,
    edit: impl Fn(P) -> anyhow::Result<(P, T)>,
) -> anyhow::Result<T> {
    let mut unconfirmed: Option<(Vec<u8>, T)> = None;
    for attempt in 0..MAX_ATTEMPTS {
        let stored = read::<P>(target).await?;
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
        anyhow::ensure!(
            document.len() <= P::MAX_BYTES,
            "{} is too large: it may have {} KiB",
            P::NAME,
            P::MAX_BYTES >> 10
        );
        P::parse(&document)?;
        let etag = stored.object.map(|(_, etag)| etag);
        match write::<P>(target, &document, etag).await? {
            Write::Stored => return Ok(outcome),
            Write::Overtaken => unconfirmed = Some((document, outcome)),
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(attempt.min(4))).await;
    }
    anyhow::bail!(
        "nothing was changed: {} was changed concurrently; try again",
        P::NAME
    )
}

enum Write {
    Stored,
    Overtaken,
}

async fn write<P: PolicyDocument>(
    target: &BucketTarget,
    document: &[u8],
    etag: Option<String>,
) -> anyhow::Result<Write> {
    let call = target
        .s3
        .put_object()
        .bucket(target.bucket.as_str())
        .key(P::KEY);
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
        Err(error) if is_overtaken(&error) => Ok(Write::Overtaken),
        Err(error) => Err(call_error(error).context(format!(
            "{} of bucket {} cannot be written",
            P::KEY,
            target.bucket
        ))),
    }
}
