//! Reads a bucket's settings and its begun uploads. Decides nothing.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_sdk_s3::{
    operation::get_bucket_encryption::GetBucketEncryptionOutput,
    types::{EncodingType, EncryptionType, Grant, Owner, ServerSideEncryptionRule},
};
use keyfront_names::{Partition, arn};
use keyfront_origin_core::form_encoding;

use super::{
    bucket::{AccessBlock, BucketFacts, DefaultEncryption, Grantee},
    finding::{Code, Finding},
};
use crate::{
    aws::call_error,
    bucket_target::BucketTarget,
    objects::settings::{self, Reading, reading},
};

/// Predefined groups of an ACL, by the end of their URI.
const EVERYONE: &str = "/groups/global/AllUsers";
const AUTHENTICATED: &str = "/groups/global/AuthenticatedUsers";

/// Reads all settings. A setting that may not be read is one of the facts.
///
/// # Errors
/// There is no such bucket here, or S3 cannot be reached.
pub(super) async fn survey(target: &BucketTarget) -> anyhow::Result<BucketFacts> {
    let (s3, bucket) = (&target.s3, target.bucket.as_str());
    let there = s3.head_bucket().bucket(bucket).send().await;
    there.map_err(|error| {
        call_error(error).context(format!(
            "bucket {bucket} cannot be accessed; check its name, --region and the permission s3:ListBucket"
        ))
    })?;
    let policy = s3.get_bucket_policy().bucket(bucket).send().await;
    let status = s3.get_bucket_policy_status().bucket(bucket).send().await;
    let logging = s3.get_bucket_logging().bucket(bucket).send().await;
    Ok(BucketFacts {
        arn: arn::of_bucket(Partition::of_region(&target.region), bucket),
        default_encryption: encryption_by_default(target).await?,
        access_block: access_block(target).await?,
        ownership: settings::ownership(target).await?,
        grants: grants(target).await?,
        policy: reading(policy, "NoSuchBucketPolicy", |answer| answer.policy)?,
        policy_is_public: reading(status, "NoSuchBucketPolicy", |answer| {
            answer.policy_status.and_then(|status| status.is_public) == Some(true)
        })?,
        logging: reading(logging, "", |answer| {
            answer.logging_enabled.map(|target| target.target_bucket)
        })?,
        versioning: settings::versioning(target).await?,
        object_lock: settings::object_lock(target).await?,
    })
}

async fn access_block(target: &BucketTarget) -> anyhow::Result<Reading<Option<AccessBlock>>> {
    let call = target
        .s3
        .get_public_access_block()
        .bucket(target.bucket.as_str());
    let answer = call.send().await;
    reading(answer, "NoSuchPublicAccessBlockConfiguration", |answer| {
        let block = answer.public_access_block_configuration?;
        Some(AccessBlock {
            block_acls: block.block_public_acls == Some(true),
            ignore_acls: block.ignore_public_acls == Some(true),
            block_policy: block.block_public_policy == Some(true),
            restrict_buckets: block.restrict_public_buckets == Some(true),
        })
    })
}

async fn grants(target: &BucketTarget) -> anyhow::Result<Reading<Vec<Grantee>>> {
    let call = target.s3.get_bucket_acl().bucket(target.bucket.as_str());
    reading(call.send().await, "", |answer| {
        let owner = answer.owner.unwrap_or_else(|| Owner::builder().build());
        let grants = answer.grants.unwrap_or_default();
        grants.iter().map(|grant| grantee(grant, &owner)).collect()
    })
}

async fn encryption_by_default(
    target: &BucketTarget,
) -> anyhow::Result<Reading<Option<DefaultEncryption>>> {
    let call = target
        .s3
        .get_bucket_encryption()
        .bucket(target.bucket.as_str());
    let absent = "ServerSideEncryptionConfigurationNotFoundError";
    let found = reading(call.send().await, absent, default_encryption)?;
    Ok(with_key_looked_up(found, target).await)
}

fn default_encryption(answer: GetBucketEncryptionOutput) -> Option<DefaultEncryption> {
    let rules = answer.server_side_encryption_configuration?.rules;
    let rule = rules.into_iter().next()?;
    let customer_keys_blocked = blocks_customer_keys(&rule);
    let applied = rule.apply_server_side_encryption_by_default?;
    Some(DefaultEncryption {
        algorithm: applied.sse_algorithm.as_str().to_owned(),
        key: applied.kms_master_key_id,
        bucket_key: rule.bucket_key_enabled.unwrap_or(false),
        customer_keys_blocked,
    })
}

fn blocks_customer_keys(rule: &ServerSideEncryptionRule) -> bool {
    let blocked = rule.blocked_encryption_types.as_ref();
    blocked.is_some_and(|blocked| blocked.encryption_type().contains(&EncryptionType::SseC))
}

/// A bucket may name its key by an alias; KMS resolves it.
async fn with_key_looked_up(
    found: Reading<Option<DefaultEncryption>>,
    target: &BucketTarget,
) -> Reading<Option<DefaultEncryption>> {
    let Reading::Known(Some(mut found)) = found else {
        return found;
    };
    if let Some(named) = found.key.as_deref().filter(|key| key.contains("alias/"))
        && let Ok(arn) = target.key_arn(named).await
    {
        found.key = Some(arn);
    }
    Reading::Known(Some(found))
}

fn grantee(grant: &Grant, owner: &Owner) -> Grantee {
    let permission = grant
        .permission
        .as_ref()
        .map_or("something", |one| one.as_str());
    let grantee = grant.grantee.as_ref();
    let uri = grantee
        .and_then(|grantee| grantee.uri.as_deref())
        .unwrap_or_default();
    let id = grantee.and_then(|grantee| grantee.id.as_deref());
    if uri.ends_with(EVERYONE) {
        return Grantee::Public(format!("{permission} to everyone"));
    }
    if uri.ends_with(AUTHENTICATED) {
        return Grantee::Public(format!("{permission} to everyone with an AWS account"));
    }
    if id.is_some() && id == owner.id.as_deref() {
        return Grantee::Owner;
    }
    let email = grantee.and_then(|grantee| grantee.email_address.as_deref());
    let whom = id.or(email).unwrap_or(uri);
    Grantee::Other(format!("{permission} to {whom:?}"))
}

/// Uploads that were begun more than `older` ago, reported one by one.
///
/// # Errors
/// S3 cannot be reached, or `report` fails; that they may not be listed is a finding.
pub(super) async fn stale_uploads(
    target: &BucketTarget,
    prefix: &str,
    older: Duration,
    mut report: impl FnMut(Finding) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let border = SystemTime::now()
        .checked_sub(older)
        .unwrap_or(SystemTime::UNIX_EPOCH);
    let (mut after_key, mut after_id) = (None, None);
    loop {
        let call = target
            .s3
            .list_multipart_uploads()
            .bucket(target.bucket.as_str());
        let call = call
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .set_key_marker(after_key.take())
            .set_upload_id_marker(after_id.take());
        let page = match call.send().await {
            Ok(page) => page,
            Err(error) if error.raw_response().is_some() => {
                let detail = format!(
                    "unfinished uploads could not be listed: {:#}",
                    call_error(error)
                );
                return report(Finding::of_bucket(Code::NotChecked, detail));
            }
            Err(error) => {
                return Err(call_error(error).context("unfinished uploads cannot be listed"));
            }
        };
        for upload in page.uploads() {
            let begun = upload.initiated.context("an upload has no date")?;
            let begun_at =
                SystemTime::try_from(begun).context("an upload's date is out of range")?;
            if begun_at < border {
                let key = form_encoding::decode(upload.key().unwrap_or_default())
                    .context("a listed key cannot be decoded")?;
                let id = upload.upload_id().unwrap_or_default();
                let detail = format!(
                    "upload {id} was started {begun} and never completed; abort it, and add a lifecycle rule that aborts such uploads"
                );
                report(Finding::of_upload(Code::StaleUpload, &key, detail))?;
            }
        }
        if page.is_truncated != Some(true) {
            return Ok(());
        }
        let marker = page.next_key_marker().context("a page has no marker")?;
        after_key = Some(form_encoding::decode(marker).context("a marker cannot be decoded")?);
        after_id = page.next_upload_id_marker;
    }
}
