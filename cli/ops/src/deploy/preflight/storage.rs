//! Whether an existing bucket and key can be used: where the bucket is, which key it encrypts with, and the key's state.

use aws_config::SdkConfig;
use aws_sdk_kms::types::{KeySpec, KeyState, KeyUsageType};
use aws_sdk_s3::{
    error::ProvideErrorMetadata as _, operation::head_bucket::HeadBucketError,
    types::ServerSideEncryption,
};
use keyfront_names::Arn;

use super::finding::Finding;
use crate::{
    aws::{self, call_error},
    deploy::template::{BUCKET, KEY},
};

const REGION_HEADER: &str = "x-amz-bucket-region";

/// What the operator calls a bucket and its key, and what to do about one that cannot be used.
pub(super) struct Fields {
    bucket: &'static str,
    key: &'static str,
    without_key: &'static str,
    without_bucket: &'static str,
    /// Before the Region a bucket is in.
    elsewhere: &'static str,
}

impl Fields {
    /// `ExistingBucket` and `ExistingKeyArn`.
    pub(super) const PARAMETERS: Self = Self {
        bucket: BUCKET,
        key: KEY,
        without_key: "give one of this account or leave both ExistingBucket and ExistingKeyArn out",
        without_bucket: "create it, or leave ExistingBucket out to have one made",
        elsewhere: "deploy with --region",
    };
    /// Those of a site of `--sites`.
    pub(super) const OF_SITES: Self = Self {
        bucket: "--sites: bucket",
        key: "--sites: key_arn",
        without_key: "give the key that the bucket's objects are encrypted with",
        without_bucket: "create it, or take its sites out of the file",
        elsewhere: "give a key_arn of",
    };
}

/// A bucket, where it must be, and the key it must encrypt with.
#[derive(Clone, Copy)]
pub(super) struct StoredIn<'a> {
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
    pub(super) key: &'a str,
}

pub(super) async fn key(config: &SdkConfig, fields: &Fields, arn: &str) -> Finding {
    let name = fields.key;
    let region = Arn::parse(arn).map(|arn| arn.region.to_owned());
    let config = region.map_or_else(|_| config.clone(), |region| aws::in_region(config, &region));
    let kms = aws_sdk_kms::Client::new(&config);
    let metadata = match kms.describe_key().key_id(arn).send().await {
        Ok(answer) => answer.key_metadata,
        Err(error) if error.code() == Some("NotFoundException") => {
            return Finding::Bad(format!(
                "{name} {arn}: there is no such key; {}",
                fields.without_key
            ));
        }
        Err(error) => return Finding::Unknown(format!("{name} {arn}: {:#}", call_error(error))),
    };
    let Some(found) = metadata else {
        return Finding::Unknown(format!("{name} {arn}: KMS said nothing of it"));
    };
    if let Some(state) = found.key_state.filter(|state| *state != KeyState::Enabled) {
        let remedy = match state {
            KeyState::Disabled => "enable it with `aws kms enable-key`",
            KeyState::PendingDeletion => {
                "save it with `aws kms cancel-key-deletion` and enable it, or give another"
            }
            _ => "give one that is enabled",
        };
        return Finding::Bad(format!("{name} {arn} is {}; {remedy}", state.as_str()));
    }
    let symmetric = found
        .key_spec
        .is_none_or(|spec| spec == KeySpec::SymmetricDefault);
    let encrypts = found
        .key_usage
        .is_none_or(|usage| usage == KeyUsageType::EncryptDecrypt);
    match symmetric && encrypts {
        true => Finding::Good,
        false => Finding::Bad(format!(
            "{name} {arn} is not a symmetric key for encryption, the only kind that S3 encrypts with; give one"
        )),
    }
}

pub(super) async fn bucket(config: &SdkConfig, fields: &Fields, stored: StoredIn<'_>) -> Finding {
    let StoredIn {
        bucket: name,
        region,
        ..
    } = stored;
    let field = fields.bucket;
    let s3 = aws::s3(&aws::in_region(config, region));
    let found = match s3.head_bucket().bucket(name).send().await {
        Ok(answer) => answer.bucket_region,
        Err(error) => {
            let missing = matches!(error.as_service_error(), Some(HeadBucketError::NotFound(_)));
            let elsewhere = error
                .raw_response()
                .and_then(|answer| answer.headers().get(REGION_HEADER))
                .map(str::to_owned);
            match (missing, elsewhere) {
                (true, _) => {
                    return Finding::Bad(format!(
                        "{field} {name}: there is no such bucket; {}",
                        fields.without_bucket
                    ));
                }
                (false, Some(elsewhere)) if elsewhere != region => Some(elsewhere),
                (false, _) => {
                    return Finding::Unknown(format!("{field} {name}: {:#}", call_error(error)));
                }
            }
        }
    };
    if let Some(found) = found.filter(|found| found != region) {
        return Finding::Bad(format!(
            "{field} {name} is in {found}; {} {found}",
            fields.elsewhere
        ));
    }
    default_key(&s3, fields, stored).await
}

async fn default_key(s3: &aws_sdk_s3::Client, fields: &Fields, stored: StoredIn<'_>) -> Finding {
    let StoredIn { bucket, key, .. } = stored;
    let (of_bucket, of_key) = (fields.bucket, fields.key);
    let answer = match s3.get_bucket_encryption().bucket(bucket).send().await {
        Ok(answer) => answer,
        Err(error) => {
            return Finding::Unknown(format!(
                "the default encryption of {of_bucket} {bucket}: {:#}",
                call_error(error)
            ));
        }
    };
    let rules = answer.server_side_encryption_configuration;
    let rules = rules.map(|rules| rules.rules).unwrap_or_default();
    let mut defaults = rules
        .into_iter()
        .filter_map(|rule| rule.apply_server_side_encryption_by_default);
    let Some(default) = defaults.next() else {
        return Finding::Good;
    };
    let with_kms = default.sse_algorithm != ServerSideEncryption::Aes256;
    match default.kms_master_key_id {
        Some(other) if with_kms && !is_same(&other, key) => Finding::Bad(format!(
            "{of_bucket} {bucket} encrypts with {other} by default, and {of_key} is {key}: what others write there could not be read; give {of_key}={other}, or change the bucket's default"
        )),
        Some(_) | None => Finding::Good,
    }
}

/// An id is of the same key as an ARN that ends in it; what an alias means cannot be told apart here.
fn is_same(default: &str, key: &str) -> bool {
    let id = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    default.contains("alias/") || default == key || (!default.contains(':') && id(key) == default)
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_default_key_is_compared_by_its_id_or_its_whole_arn() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/abc";
        assert!(is_same(key, key) && is_same("abc", key) && is_same("alias/mine", key));
        assert!(!is_same("abd", key));
        assert!(!is_same("arn:aws:kms:us-east-1:123456789012:key/abc", key));
    }
}
