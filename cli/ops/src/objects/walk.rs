//! Walks a bucket: keys page by page in their order, and what HEAD returns for each.

use anyhow::Context as _;
use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    operation::head_object::{HeadObjectOutput, builders::HeadObjectFluentBuilder},
    types::{ChecksumMode, EncodingType},
};
use futures::{Stream, TryStreamExt as _, stream};
use keyfront_aws_call::status_may_pass;
use keyfront_contract::upstream::demands_customer_key;
use keyfront_origin_core::form_encoding;

use crate::{aws::call_error, bucket_target::BucketTarget};

/// What HEAD answers for a key.
pub(crate) enum Inspected {
    Object(Box<HeadObjectOutput>),
    /// Deleted since it was listed.
    Gone,
    /// Under a customer key (SSE-C), without which S3 shows nothing of it.
    UnderCustomerKey,
    /// S3 refuses, and why.
    Refused(String),
}

/// Why what needs more than to know it passes over an object under a customer key.
pub(crate) const UNDER_CUSTOMER_KEY: &str =
    "it is encrypted with a customer key (SSE-C), without which S3 does not describe it";

/// Where a listing stands.
enum Cursor {
    After(Option<String>),
    Page(String),
    End,
}

/// The keys below `prefix` after `after`, in the order of S3.
pub(crate) fn keys<'a>(
    target: &'a BucketTarget,
    prefix: &'a str,
    after: Option<String>,
) -> impl Stream<Item = anyhow::Result<String>> + 'a {
    stream::try_unfold(Cursor::After(after), move |cursor| {
        page(target, prefix, cursor)
    })
    .map_ok(|keys| stream::iter(keys.into_iter().map(Ok)))
    .try_flatten()
}

async fn page(
    target: &BucketTarget,
    prefix: &str,
    cursor: Cursor,
) -> anyhow::Result<Option<(Vec<String>, Cursor)>> {
    let call = target
        .s3
        .list_objects_v2()
        .bucket(target.bucket.as_str())
        .prefix(prefix);
    let call = match cursor {
        Cursor::After(after) => call.set_start_after(after),
        Cursor::Page(token) => call.continuation_token(token),
        Cursor::End => return Ok(None),
    };
    // XML has no form for some characters of keys.
    let answer = call.encoding_type(EncodingType::Url).send().await;
    let answer = answer.map_err(|error| {
        call_error(error).context(format!(
            "the objects of bucket {} cannot be listed",
            target.bucket
        ))
    })?;
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let mut keys = Vec::with_capacity(answer.contents().len());
    for object in answer.contents() {
        let key = object.key().context("a listed object has no key")?;
        keys.push(if encoded {
            form_encoding::decode(key).context("a listed key cannot be decoded")?
        } else {
            key.to_owned()
        });
    }
    let next = match (answer.is_truncated, answer.next_continuation_token) {
        (Some(true), Some(token)) => Cursor::Page(token),
        (Some(true), None) => anyhow::bail!("S3 returned a truncated page without a marker"),
        _ => Cursor::End,
    };
    Ok(Some((keys, next)))
}

/// The headers of one object, by HEAD.
///
/// # Errors
/// S3 cannot be reached or is overloaded for longer than the SDK waits: the walk should stop and be resumed.
pub(crate) async fn head(target: &BucketTarget, key: &str) -> anyhow::Result<Inspected> {
    let call = target
        .s3
        .head_object()
        .bucket(target.bucket.as_str())
        .key(key);
    inspect(target, call, key, None).await
}

/// The same of a version, or of the current one, with its checksums, which need the right to decrypt.
///
/// # Errors
/// As [`head`].
pub(crate) async fn head_with_checksums(
    target: &BucketTarget,
    key: &str,
    version: Option<&str>,
) -> anyhow::Result<Inspected> {
    let call = target
        .s3
        .head_object()
        .bucket(target.bucket.as_str())
        .key(key);
    let call = call.set_version_id(version.map(str::to_owned));
    let call = call.checksum_mode(ChecksumMode::Enabled);
    let inspected = inspect(target, call, key, version).await?;
    Ok(match inspected {
        Inspected::Refused(why) => Inspected::Refused(format!(
            "{why} (its checksum needs kms:Decrypt on the key that S3 encrypts it with)"
        )),
        inspected => inspected,
    })
}

async fn inspect(
    target: &BucketTarget,
    call: HeadObjectFluentBuilder,
    key: &str,
    version: Option<&str>,
) -> anyhow::Result<Inspected> {
    let answer = call.send().await;
    let error = match answer {
        Ok(head) => return Ok(Inspected::Object(Box::new(head))),
        Err(error) => error,
    };
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match status {
        Some(404) => Ok(Inspected::Gone),
        Some(400) => because_of(target, key, version).await,
        Some(403) => Ok(Inspected::Refused(
            "HEAD is denied; s3:GetObject is needed".to_owned(),
        )),
        Some(status) if !status_may_pass(status) => {
            Ok(Inspected::Refused(format!("HEAD returned {status}")))
        }
        _ => Err(call_error(error).context(format!("object {key:?} cannot be inspected"))),
    }
}

/// Why HEAD is answered 400, which has no document: GET has one.
async fn because_of(
    target: &BucketTarget,
    key: &str,
    version: Option<&str>,
) -> anyhow::Result<Inspected> {
    let call = target
        .s3
        .get_object()
        .bucket(target.bucket.as_str())
        .key(key);
    let call = call.set_version_id(version.map(str::to_owned));
    let Err(error) = call.range("bytes=0-0").send().await else {
        return Ok(Inspected::Refused(
            "HEAD returned 400, and GET did not".to_owned(),
        ));
    };
    let (code, message) = (error.code(), error.message());
    if demands_customer_key(code.unwrap_or_default(), message.unwrap_or_default()) {
        return Ok(Inspected::UnderCustomerKey);
    }
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match status {
        Some(404) => Ok(Inspected::Gone),
        Some(400) if code != Some("ExpiredToken") => Ok(Inspected::Refused(format!(
            "HEAD returned 400, and GET {}",
            code.unwrap_or("without a code")
        ))),
        _ => Err(call_error(error).context(format!("object {key:?} cannot be inspected"))),
    }
}
