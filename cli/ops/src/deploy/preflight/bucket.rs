//! Whether an existing bucket can be used: where it is, which key it encrypts with, whether it retains objects, and what
//! its policy denies. Reads the settings; `bucket_policy` evaluates the policy.

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::head_bucket::HeadBucketError,
    types::{EncryptionType, ServerSideEncryption, ServerSideEncryptionRule},
};
use keyfront_cloudformation::ExistingBucket;
use keyfront_names::arn::is_key;

use super::{
    bucket_policy::{self, BucketUse, CustomerKeys},
    fields::Fields,
    finding::Finding,
};
use crate::{
    aws::{self, call_error},
    deploy::template::{BUCKET, CHECKSUM, CUSTOMER_KEY},
};

const REGION_HEADER: &str = "x-amz-bucket-region";

/// Whether the origin plans a checksum with every upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UploadChecksum {
    Optional,
    Required,
}

pub(super) async fn check(
    config: &SdkConfig,
    wanted: &BucketUse<'_>,
    checksum: UploadChecksum,
) -> Vec<Finding> {
    let s3 = aws::s3(&aws::in_region(config, wanted.region));
    let (fields, name) = (&Fields::PARAMETERS, wanted.bucket);
    if let Some(finding) = unreachable(&s3, fields, name, wanted.region).await {
        return vec![finding];
    }
    let mut findings = encryption(&s3, wanted).await;
    findings.push(retention(&s3, name, checksum).await);
    findings.push(access_block(&s3, name).await);
    findings.extend(policy(&s3, wanted).await);
    findings
}

/// Whether a bucket that is only read is where its key is, and encrypts with it.
pub(super) async fn check_readable(
    config: &SdkConfig,
    fields: &Fields,
    bucket: &ExistingBucket,
) -> Vec<Finding> {
    let (name, key) = (bucket.name.as_str(), &bucket.key);
    let s3 = aws::s3(&aws::in_region(config, key.region()));
    if let Some(finding) = unreachable(&s3, fields, name, key.region()).await {
        return vec![finding];
    }
    match default_encryption(&s3, fields, name).await {
        Ok(Some(rule)) => vec![default_key(&rule, fields, name, key.as_str())],
        Ok(None) => Vec::new(),
        Err(unknown) => vec![unknown],
    }
}

/// Why nothing else of the bucket can be read.
async fn unreachable(s3: &Client, fields: &Fields, name: &str, region: &str) -> Option<Finding> {
    let field = fields.bucket;
    let found = match s3.head_bucket().bucket(name).send().await {
        Ok(answer) => answer.bucket_region,
        Err(error) => {
            let missing = matches!(error.as_service_error(), Some(HeadBucketError::NotFound(_)));
            if missing {
                return Some(Finding::Bad(format!(
                    "{field} {name}: there is no such bucket; {}",
                    fields.without_bucket
                )));
            }
            let elsewhere = error
                .raw_response()
                .and_then(|answer| answer.headers().get(REGION_HEADER))
                .filter(|elsewhere| *elsewhere != region)
                .map(str::to_owned);
            if elsewhere.is_none() {
                let why = call_error(error);
                return Some(Finding::Unknown(format!("{field} {name}: {why:#}")));
            }
            elsewhere
        }
    };
    let elsewhere = found.filter(|found| found != region)?;
    Some(Finding::Bad(format!(
        "{field} {name} is in {elsewhere}; {} {elsewhere}",
        fields.elsewhere
    )))
}

/// What S3 answered; `None` where nothing is set, whose code is `absent`.
fn setting<O, E>(
    answer: Result<O, SdkError<E>>,
    absent: &str,
    what: &str,
) -> Result<Option<O>, Finding>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some(absent) => Ok(None),
        Err(error) => Err(Finding::Unknown(format!("{what}: {:#}", call_error(error)))),
    }
}

async fn encryption(s3: &Client, wanted: &BucketUse<'_>) -> Vec<Finding> {
    let (fields, bucket) = (&Fields::PARAMETERS, wanted.bucket);
    match default_encryption(s3, fields, bucket).await {
        Ok(Some(rule)) => vec![
            default_key(&rule, fields, bucket, wanted.key),
            bucket_key(&rule, bucket),
            customer_keys(&rule, bucket, wanted.customer_keys),
        ],
        Ok(None) => Vec::new(),
        Err(unknown) => vec![unknown],
    }
}

async fn default_encryption(
    s3: &Client,
    fields: &Fields,
    bucket: &str,
) -> Result<Option<ServerSideEncryptionRule>, Finding> {
    let answer = s3.get_bucket_encryption().bucket(bucket).send().await;
    let absent = "ServerSideEncryptionConfigurationNotFoundError";
    let what = format!("the default encryption of {} {bucket}", fields.bucket);
    let answer = setting(answer, absent, &what)?;
    let rules = answer.and_then(|answer| answer.server_side_encryption_configuration);
    let rules = rules.map(|rules| rules.rules).unwrap_or_default();
    Ok(rules.into_iter().next())
}

fn default_key(
    rule: &ServerSideEncryptionRule,
    fields: &Fields,
    bucket: &str,
    key: &str,
) -> Finding {
    let (of_bucket, of_key) = (fields.bucket, fields.key);
    let default = rule.apply_server_side_encryption_by_default.as_ref();
    let with_kms =
        default.is_some_and(|default| default.sse_algorithm != ServerSideEncryption::Aes256);
    match default.and_then(|default| default.kms_master_key_id.as_deref()) {
        // What an alias means cannot be told apart here.
        Some(other) if with_kms && is_key(other, key) == Some(false) => Finding::Bad(format!(
            "{of_bucket} {bucket} encrypts with {other} by default, and {of_key} is {key}: objects that others write there could not be read; give {of_key}={other}, or change the bucket's default"
        )),
        Some(_) | None => Finding::Good,
    }
}

fn bucket_key(rule: &ServerSideEncryptionRule, bucket: &str) -> Finding {
    let default = rule.apply_server_side_encryption_by_default.as_ref();
    let with_kms =
        default.is_some_and(|default| default.sse_algorithm == ServerSideEncryption::AwsKms);
    match with_kms && rule.bucket_key_enabled != Some(true) {
        true => Finding::Warning(format!(
            "{BUCKET} {bucket} has no bucket key: every read and write calls KMS; enable it with PutBucketEncryption"
        )),
        false => Finding::Good,
    }
}

fn customer_keys(rule: &ServerSideEncryptionRule, bucket: &str, wanted: CustomerKeys) -> Finding {
    let blocked = rule.blocked_encryption_types.as_ref();
    let blocked =
        blocked.is_some_and(|blocked| blocked.encryption_type().contains(&EncryptionType::SseC));
    match (wanted, blocked) {
        (CustomerKeys::OfNobody, true) | (CustomerKeys::OfTheOrigin, false) => Finding::Good,
        (CustomerKeys::OfTheOrigin, true) => Finding::Bad(format!(
            "{BUCKET} {bucket} blocks SSE-C, as new buckets do, so S3 would refuse what the origin writes with {CUSTOMER_KEY}; set BlockedEncryptionTypes to NONE with PutBucketEncryption, and deny SSE-C to everyone but the origin in the bucket's policy"
        )),
        (CustomerKeys::OfNobody, false) => Finding::Warning(format!(
            "{BUCKET} {bucket} does not block SSE-C: the edge cannot read objects that others write with their own keys; block SSE-C with PutBucketEncryption"
        )),
    }
}

/// S3 refuses writes without a checksum where a default retention locks what is written.
async fn retention(s3: &Client, bucket: &str, checksum: UploadChecksum) -> Finding {
    let answer = s3.get_object_lock_configuration().bucket(bucket).send();
    let absent = "ObjectLockConfigurationNotFoundError";
    let what = format!("the Object Lock of {BUCKET} {bucket}");
    let answer = match setting(answer.await, absent, &what) {
        Ok(answer) => answer,
        Err(unknown) => return unknown,
    };
    let lock = answer.and_then(|answer| answer.object_lock_configuration);
    let rule = lock.and_then(|lock| lock.rule);
    match rule.and_then(|rule| rule.default_retention) {
        Some(_) if checksum == UploadChecksum::Optional => Finding::Bad(format!(
            "{BUCKET} {bucket} has a default retention (Object Lock), and S3 refuses uploads to such buckets without a checksum; give {CHECKSUM}=required"
        )),
        Some(_) | None => Finding::Good,
    }
}

async fn access_block(s3: &Client, bucket: &str) -> Finding {
    let answer = s3.get_public_access_block().bucket(bucket).send().await;
    let absent = "NoSuchPublicAccessBlockConfiguration";
    let what = format!("the Block Public Access of {BUCKET} {bucket}");
    let answer = match setting(answer, absent, &what) {
        Ok(answer) => answer,
        Err(unknown) => return unknown,
    };
    let block = answer.and_then(|answer| answer.public_access_block_configuration);
    let settings = block.map(|block| {
        [
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets,
        ]
    });
    match settings.is_some_and(|settings| settings.iter().all(|one| *one == Some(true))) {
        true => Finding::Good,
        false => Finding::Warning(format!(
            "{BUCKET} {bucket} does not block public access completely: an ACL or a policy could make its objects public; enable all four settings with PutPublicAccessBlock"
        )),
    }
}

async fn policy(s3: &Client, wanted: &BucketUse<'_>) -> Vec<Finding> {
    let bucket = wanted.bucket;
    let answer = s3.get_bucket_policy().bucket(bucket).send().await;
    let what = format!("the policy of {BUCKET} {bucket}");
    match setting(answer, "NoSuchBucketPolicy", &what) {
        Ok(answer) => {
            let policy = answer.and_then(|answer| answer.policy);
            let mut findings = vec![bucket_policy::check_presigned(policy.as_deref(), wanted)];
            let denials = policy.map(|policy| bucket_policy::check(&policy, wanted));
            findings.extend(denials.into_iter().flatten());
            findings
        }
        Err(unknown) => vec![unknown],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_default_key_is_another_only_where_that_is_known() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/abc";
        let check = |default: &str| {
            let default = aws_sdk_s3::types::ServerSideEncryptionByDefault::builder()
                .sse_algorithm(ServerSideEncryption::AwsKms)
                .kms_master_key_id(default)
                .build()
                .unwrap();
            let rule = ServerSideEncryptionRule::builder();
            let rule = rule
                .apply_server_side_encryption_by_default(default)
                .build();
            default_key(&rule, &Fields::PARAMETERS, "media", key)
        };
        for same in [key, "abc", "alias/mine"] {
            assert_eq!(check(same), Finding::Good, "{same}");
        }
        assert!(matches!(check("abd"), Finding::Bad(_)));
    }

    #[test]
    fn a_bucket_blocks_customer_keys_unless_the_origin_has_one() {
        let rule = |blocked: Option<EncryptionType>| {
            let types = blocked.map(|kind| {
                aws_sdk_s3::types::BlockedEncryptionTypes::builder()
                    .encryption_type(kind)
                    .build()
            });
            let rule = ServerSideEncryptionRule::builder();
            rule.set_blocked_encryption_types(types).build()
        };
        let check = |blocked, wanted| customer_keys(&rule(blocked), "media", wanted);
        let (nobody, origin) = (CustomerKeys::OfNobody, CustomerKeys::OfTheOrigin);
        assert_eq!(check(Some(EncryptionType::SseC), nobody), Finding::Good);
        assert_eq!(check(Some(EncryptionType::None), origin), Finding::Good);
        assert_eq!(check(None, origin), Finding::Good);
        assert!(matches!(check(None, nobody), Finding::Warning(_)));
        let blocked = check(Some(EncryptionType::SseC), origin);
        assert!(
            matches!(&blocked, Finding::Bad(why) if why.contains("BlockedEncryptionTypes")),
            "{blocked:?}"
        );
    }
}
