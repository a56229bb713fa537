//! Encrypts an object again by a copy onto itself, on S3's side, and verifies it.
//!
//! The copy happens only of the version that was looked at and only onto it: S3 compares the ETag of the source and of
//! the destination. What a copy would lose keeps it from being tried.

use std::collections::BTreeSet;

use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    operation::{copy_object::builders::CopyObjectFluentBuilder, head_object::HeadObjectOutput},
    primitives::DateTime,
    types::{
        MetadataDirective, ObjectLockLegalHoldStatus, ServerSideEncryption, StorageClass,
        TaggingDirective,
    },
};
use keyfront_origin_core::encryption::ServerSide;
use keyfront_sigv4::uri_encoding;

use super::{
    expectation::Expectation,
    finding::Fix,
    object,
    walk::{self, Inspected},
};
use crate::{aws::call_error, bucket_target::BucketTarget};

/// The largest object one CopyObject copies.
const MAX_COPY: i64 = 5 * 1024 * 1024 * 1024;

/// Encrypts one object as demanded. `seen` is what HEAD returned for it.
pub(super) async fn fix(
    target: &BucketTarget,
    key: &str,
    seen: &HeadObjectOutput,
    expected: &Expectation,
) -> Fix {
    if let Some(why) = obstacle(seen) {
        return Fix::Skipped(why);
    }
    let tags = match tags(target, key, seen).await {
        Ok(tags) => tags,
        Err(error) => return Fix::Skipped(format!("its tags cannot be read: {error:#}")),
    };
    let call = request(target, key, seen, expected);
    let copied = match call.send().await {
        Ok(answer) => answer.copy_object_result.and_then(|result| result.e_tag),
        Err(error) => {
            let overtaken = matches!(
                error.code(),
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")
            );
            return if overtaken {
                Fix::Skipped("it was written or deleted meanwhile; audit it again".to_owned())
            } else {
                Fix::Failed(format!("the copy was refused: {:#}", call_error(error)))
            };
        }
    };
    let after = match walk::head(target, key).await {
        Ok(Inspected::Object(after)) => after,
        Ok(Inspected::Gone) => {
            return Fix::Skipped("it was deleted right after the copy".to_owned());
        }
        Ok(Inspected::Refused(why)) => return unverified(&why),
        Err(error) => return unverified(&format!("{error:#}")),
    };
    if after.e_tag() != copied.as_deref() {
        return Fix::Skipped("it was written right after the copy; audit it again".to_owned());
    }
    match self::tags(target, key, &after).await {
        Ok(kept) if kept == tags => verdict(key, seen, &after, expected),
        Ok(_) => Fix::Failed("encrypted again, but not the same: tags".to_owned()),
        Err(error) => unverified(&format!("its tags cannot be read: {error:#}")),
    }
}

/// An object's tags, where HEAD says that it has some.
async fn tags(
    target: &BucketTarget,
    key: &str,
    head: &HeadObjectOutput,
) -> anyhow::Result<BTreeSet<(String, String)>> {
    if head.tag_count().unwrap_or_default() == 0 {
        return Ok(BTreeSet::new());
    }
    let call = target.s3.get_object_tagging().bucket(&target.bucket);
    let answer = call.key(key).send().await.map_err(call_error)?;
    let tags = answer.tag_set.into_iter();
    Ok(tags.map(|tag| (tag.key, tag.value)).collect())
}

fn unverified(why: &str) -> Fix {
    Fix::Failed(format!("copied, and not verified: {why}"))
}

/// Why a copy cannot be tried, or would lose something.
pub(super) fn obstacle(seen: &HeadObjectOutput) -> Option<String> {
    let length = seen.content_length().unwrap_or(i64::MAX);
    if length > MAX_COPY {
        return Some("it is larger than the 5 GiB that one copy takes; use --batch".to_owned());
    }
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

/// The copy: everything as it is, the encryption excepted.
fn request(
    target: &BucketTarget,
    key: &str,
    seen: &HeadObjectOutput,
    expected: &Expectation,
) -> CopyObjectFluentBuilder {
    let source = format!("{}/{}", target.bucket, uri_encoding::encode_path(key));
    let mode = expected.target();
    let etag = seen.e_tag().unwrap_or_default();
    let call = target.s3.copy_object().bucket(&target.bucket).key(key);
    let call = call
        .copy_source(source)
        .copy_source_if_match(etag)
        .if_match(etag)
        .metadata_directive(MetadataDirective::Copy)
        .tagging_directive(TaggingDirective::Copy)
        .server_side_encryption(ServerSideEncryption::from(mode.header_value()))
        // These three are not copied unless they are named.
        .set_storage_class(seen.storage_class.clone())
        .set_website_redirect_location(seen.website_redirect_location.clone())
        .set_object_lock_mode(seen.object_lock_mode().map(|mode| mode.as_str().into()))
        .set_object_lock_retain_until_date(seen.object_lock_retain_until_date)
        .set_object_lock_legal_hold_status(seen.object_lock_legal_hold_status.clone());
    match mode {
        ServerSide::S3 => call,
        ServerSide::Kms => call
            .set_ssekms_key_id(expected.key().map(str::to_owned))
            .bucket_key_enabled(true),
        ServerSide::DsseKms => call.set_ssekms_key_id(expected.key().map(str::to_owned)),
    }
}

/// Compares what was seen before and after a copy.
pub(super) fn verdict(
    key: &str,
    before: &HeadObjectOutput,
    after: &HeadObjectOutput,
    expected: &Expectation,
) -> Fix {
    let left = object::check(&walk::facts(key, after), expected);
    if let Some(finding) = left.iter().find(|finding| finding.code.is_fixed_by_copy()) {
        return Fix::Failed(format!("copied, and still {}", finding.detail));
    }
    let same = [
        ("length", before.content_length == after.content_length),
        ("metadata", before.metadata == after.metadata),
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
    let lost: Vec<&str> = same
        .into_iter()
        .filter_map(|(what, same)| (!same).then_some(what))
        .collect();
    if lost.is_empty() {
        Fix::Done
    } else {
        Fix::Failed(format!(
            "encrypted again, but not the same: {}",
            lost.join(", ")
        ))
    }
}

fn seconds(moment: Option<DateTime>) -> Option<i64> {
    moment.map(|moment| moment.secs())
}

fn is_held(head: &HeadObjectOutput) -> bool {
    head.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aws_sdk_s3::{
        operation::head_object::builders::HeadObjectOutputBuilder, types::ObjectLockMode,
    };
    use keyfront_origin_core::encryption::EncryptionMode;

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";

    fn head(algorithm: &str) -> HeadObjectOutputBuilder {
        HeadObjectOutput::builder()
            .content_length(3)
            .e_tag("\"a\"")
            .content_type("text/plain")
            .metadata("colour", "blue")
            .bucket_key_enabled(true)
            .ssekms_key_id(KEY)
            .server_side_encryption(ServerSideEncryption::from(algorithm))
    }

    #[test]
    fn what_a_copy_cannot_do_is_not_tried() {
        let reason = |seen: HeadObjectOutputBuilder| obstacle(&seen.build()).unwrap_or_default();
        assert_eq!(reason(head("AES256").content_length(MAX_COPY)), "");
        assert!(reason(head("AES256").content_length(MAX_COPY + 1)).contains("5 GiB"));
        assert!(reason(head("AES256").set_e_tag(None)).contains("ETag"));
        for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
            let archived = head("AES256").storage_class(class);
            assert!(reason(archived.clone()).contains("restore"));
            let restored = archived.restore("ongoing-request=\"false\", expiry-date=\"x\"");
            assert_eq!(reason(restored), "");
        }
    }

    #[test]
    fn success_is_reported_only_of_the_same_object_under_the_demanded_key() {
        let expected =
            Expectation::new(vec![EncryptionMode::SseKms], Some(KEY.to_owned())).unwrap();
        let before = head("AES256").build();
        let result =
            |after: HeadObjectOutputBuilder| verdict("k", &before, &after.build(), &expected);
        assert_eq!(result(head("aws:kms")), Fix::Done);
        for (after, expected) in [
            (head("AES256"), "AES256"),
            (head("aws:kms").ssekms_key_id("arn:other"), "arn:other"),
            (head("aws:kms").content_length(4), "length"),
            (head("aws:kms").set_metadata(None), "metadata"),
            (head("aws:kms").tag_count(1), "tags"),
            (
                head("aws:kms").storage_class(StorageClass::StandardIa),
                "storage class",
            ),
            (head("aws:kms").content_type("text/html"), "content type"),
            (
                head("aws:kms").object_lock_mode(ObjectLockMode::Governance),
                "retention mode",
            ),
            (
                head("aws:kms").object_lock_retain_until_date(DateTime::from_secs(9)),
                "retention date",
            ),
            (
                head("aws:kms").object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On),
                "legal hold",
            ),
        ] {
            match result(after) {
                Fix::Failed(why) => assert!(why.contains(expected), "{why}"),
                other => assert!(matches!(other, Fix::Failed(_)), "{other:?} for {expected}"),
            }
        }
    }
}
