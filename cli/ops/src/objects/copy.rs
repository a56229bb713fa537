//! A copy of an object onto itself, on S3's side, and the comparison of what it was before and after.
//!
//! The copy happens only of the version that was looked at and only onto it: S3 compares the ETag of the source and of
//! the destination. What a copy would lose keeps it from being tried. What it changes is its caller's.

use std::collections::BTreeSet;

use aws_sdk_s3::{
    operation::{copy_object::builders::CopyObjectFluentBuilder, head_object::HeadObjectOutput},
    primitives::DateTime,
    types::{ObjectLockLegalHoldStatus, StorageClass, TaggingDirective},
};
use keyfront_sigv4::uri_encoding;

use crate::{aws::call_error, bucket_target::BucketTarget};

/// The largest object one CopyObject copies.
pub(crate) const MAX_COPY: i64 = 5 * 1024 * 1024 * 1024;

/// What S3 keeps of an object only where the request names it. The builders share the names, not a type.
macro_rules! keeping {
    ($call:expr, $seen:expr) => {
        $call
            .set_storage_class($seen.storage_class.clone())
            .set_website_redirect_location($seen.website_redirect_location.clone())
            .set_object_lock_mode($seen.object_lock_mode().map(|mode| mode.as_str().into()))
            .set_object_lock_retain_until_date($seen.object_lock_retain_until_date)
            .set_object_lock_legal_hold_status($seen.object_lock_legal_hold_status.clone())
    };
}
pub(crate) use keeping;

/// What a copy reads: the current version, or this one.
pub(crate) fn source(target: &BucketTarget, key: &str, version: Option<&str>) -> String {
    let source = format!("{}/{}", target.bucket, uri_encoding::encode_path(key));
    match version {
        None => source,
        Some(version) => format!("{source}?versionId={version}"),
    }
}

/// The copy of an object onto itself, if it still is what was seen. Metadata, content headers and encryption are its
/// caller's.
pub(crate) fn onto_itself(
    target: &BucketTarget,
    key: &str,
    seen: &HeadObjectOutput,
) -> CopyObjectFluentBuilder {
    let etag = seen.e_tag().unwrap_or_default();
    let call = target
        .s3
        .copy_object()
        .bucket(target.bucket.as_str())
        .key(key);
    let call = call
        .copy_source(source(target, key, None))
        .copy_source_if_match(etag)
        .if_match(etag)
        .tagging_directive(TaggingDirective::Copy);
    keeping!(call, seen)
}

/// Names and values.
pub(crate) type Tags = BTreeSet<(String, String)>;

/// An object's tags, where HEAD says that it has some.
pub(crate) async fn tags(
    target: &BucketTarget,
    key: &str,
    head: &HeadObjectOutput,
) -> anyhow::Result<Tags> {
    tags_of(target, key, None, head.tag_count()).await
}

/// The tags of a version, or of the current one, where there are as many as `count`.
pub(crate) async fn tags_of(
    target: &BucketTarget,
    key: &str,
    version: Option<&str>,
    count: Option<i32>,
) -> anyhow::Result<Tags> {
    if count.unwrap_or_default() == 0 {
        return Ok(Tags::new());
    }
    let call = target
        .s3
        .get_object_tagging()
        .bucket(target.bucket.as_str());
    let call = call.key(key).set_version_id(version.map(str::to_owned));
    let answer = call.send().await.map_err(call_error)?;
    let tags = answer.tag_set.into_iter();
    Ok(tags.map(|tag| (tag.key, tag.value)).collect())
}

/// Why a copy cannot be tried, whatever the object's size.
pub(crate) fn obstacle(seen: &HeadObjectOutput) -> Option<String> {
    if seen.e_tag().is_none() {
        return Some("S3 returned no ETag, without which a copy is not safe".to_owned());
    }
    let archived = matches!(
        seen.storage_class(),
        Some(StorageClass::Glacier | StorageClass::DeepArchive)
    ) || seen.archive_status().is_some();
    let restored = seen
        .restore()
        .is_some_and(|status| status.contains("ongoing-request=\"false\""));
    if archived && !restored {
        return Some("it is archived; restore it first".to_owned());
    }
    None
}

/// What a copy has changed besides metadata and encryption.
pub(crate) fn differences(
    before: &HeadObjectOutput,
    after: &HeadObjectOutput,
) -> Vec<&'static str> {
    let same = [
        ("length", before.content_length == after.content_length),
        ("tags", before.tag_count == after.tag_count),
        (
            "retention mode",
            before.object_lock_mode == after.object_lock_mode,
        ),
        (
            "retention date",
            seconds(before.object_lock_retain_until_date)
                == seconds(after.object_lock_retain_until_date),
        ),
        ("legal hold", is_held(before) == is_held(after)),
        ("storage class", before.storage_class == after.storage_class),
        ("content type", before.content_type == after.content_type),
        (
            "content encoding",
            before.content_encoding == after.content_encoding,
        ),
        (
            "content disposition",
            before.content_disposition == after.content_disposition,
        ),
        (
            "content language",
            before.content_language == after.content_language,
        ),
        ("cache control", before.cache_control == after.cache_control),
        ("expiry", before.expires_string == after.expires_string),
        (
            "redirect",
            before.website_redirect_location == after.website_redirect_location,
        ),
    ];
    same.into_iter()
        .filter_map(|(what, same)| (!same).then_some(what))
        .collect()
}

fn seconds(moment: Option<DateTime>) -> Option<i64> {
    moment.map(|moment| moment.secs())
}

fn is_held(head: &HeadObjectOutput) -> bool {
    head.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On)
}
