//! Encrypts an object again by a copy onto itself, on S3's side, and verifies it.
//!
//! How an object is copied, and what is compared, is `objects::copy`'s.

use aws_sdk_s3::{
    operation::{copy_object::builders::CopyObjectFluentBuilder, head_object::HeadObjectOutput},
    types::{MetadataDirective, ServerSideEncryption},
};
use keyfront_origin_core::encryption::ServerSide;

use super::{expectation::Expectation, finding::Fix, head_facts, object};
use crate::{
    aws::{call_error, is_overtaken},
    bucket_target::BucketTarget,
    objects::{
        copy,
        walk::{self, Inspected},
    },
};

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
    let tags = match copy::tags(target, key, seen).await {
        Ok(tags) => tags,
        Err(error) => return Fix::Skipped(format!("its tags cannot be read: {error:#}")),
    };
    let call = request(target, key, seen, expected);
    let copied = match call.send().await {
        Ok(answer) => answer.copy_object_result.and_then(|result| result.e_tag),
        Err(error) => {
            return if is_overtaken(&error) {
                Fix::Skipped("it was written or deleted in the meantime; audit it again".to_owned())
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
        Ok(Inspected::UnderCustomerKey) => {
            return Fix::Skipped("it was written right after the copy; audit it again".to_owned());
        }
        Ok(Inspected::Refused(why)) => return unverified(&why),
        Err(error) => return unverified(&format!("{error:#}")),
    };
    if after.e_tag() != copied.as_deref() {
        return Fix::Skipped("it was written right after the copy; audit it again".to_owned());
    }
    match copy::tags(target, key, &after).await {
        Ok(kept) if kept == tags => verdict(key, seen, &after, expected),
        Ok(_) => Fix::Failed("re-encrypted, but not identical: tags".to_owned()),
        Err(error) => unverified(&format!("its tags cannot be read: {error:#}")),
    }
}

fn unverified(why: &str) -> Fix {
    Fix::Failed(format!("copied, and not verified: {why}"))
}

/// Why a copy cannot be tried, or would lose something.
pub(super) fn obstacle(seen: &HeadObjectOutput) -> Option<String> {
    let length = seen.content_length().unwrap_or(i64::MAX);
    if length > copy::MAX_COPY {
        return Some("it is larger than 5 GiB, the limit of one copy; use --batch".to_owned());
    }
    copy::obstacle(seen)
}

/// The copy: everything as it is, the encryption excepted.
fn request(
    target: &BucketTarget,
    key: &str,
    seen: &HeadObjectOutput,
    expected: &Expectation,
) -> CopyObjectFluentBuilder {
    let mode = expected.target();
    let call = copy::onto_itself(target, key, seen)
        .metadata_directive(MetadataDirective::Copy)
        .server_side_encryption(ServerSideEncryption::from(mode.header_value()));
    match mode {
        // The command refuses to fix with customer keys, which it has not.
        ServerSide::S3 | ServerSide::Customer => call,
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
    let left = object::check(&head_facts::facts(key, after), expected);
    if let Some(finding) = left.iter().find(|finding| finding.code.is_fixed_by_copy()) {
        return Fix::Failed(format!("copied, and still {}", finding.detail));
    }
    let mut lost = copy::differences(before, after);
    if before.metadata != after.metadata {
        lost.push("metadata");
    }
    if lost.is_empty() {
        Fix::Done
    } else {
        Fix::Failed(format!(
            "re-encrypted, but not identical: {}",
            lost.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aws_sdk_s3::{
        operation::head_object::builders::HeadObjectOutputBuilder,
        primitives::DateTime,
        types::{ObjectLockLegalHoldStatus, ObjectLockMode, StorageClass},
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
        assert_eq!(reason(head("AES256").content_length(copy::MAX_COPY)), "");
        assert!(reason(head("AES256").content_length(copy::MAX_COPY + 1)).contains("5 GiB"));
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
