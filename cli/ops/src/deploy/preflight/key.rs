//! Whether an existing key can be used: it exists, is enabled, and is of the kind that S3 encrypts with.

use aws_config::SdkConfig;
use aws_sdk_kms::types::{KeySpec, KeyState, KeyUsageType};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use keyfront_names::Arn;

use super::{fields::Fields, finding::Finding};
use crate::aws::{self, call_error};

pub(super) async fn check(config: &SdkConfig, fields: &Fields, arn: &str) -> Finding {
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
        return Finding::Unknown(format!("{name} {arn}: KMS returned no description of it"));
    };
    if let Some(state) = found.key_state.filter(|state| *state != KeyState::Enabled) {
        let remedy = match state {
            KeyState::Disabled => "enable it with `aws kms enable-key`",
            KeyState::PendingDeletion => {
                "cancel that with `aws kms cancel-key-deletion` and enable it, or give another"
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
