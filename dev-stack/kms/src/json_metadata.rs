//! The members by which answers describe a key.

use std::time::SystemTime;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::key_spec::{KeySpec, KeyUsage};
use super::{Key, KeyState};

/// `KeyMetadata` of CreateKey and DescribeKey.
pub(super) fn metadata(key: &Key, account_id: &str) -> Value {
    let mut metadata = json!({
        "AWSAccountId": account_id,
        "KeyId": key.id.to_string(),
        "Arn": key.arn,
        "CreationDate": epoch_seconds(key.created_at),
        "Enabled": key.state == KeyState::Enabled,
        "Description": key.description,
        "KeyState": key.state.name(),
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "MultiRegion": false,
    });
    describe_spec(&mut metadata, key.spec);
    if let KeyState::PendingDeletion { at } = key.state {
        metadata["DeletionDate"] = epoch_seconds(at).into();
    }
    metadata
}

/// Adds spec, usage, and the algorithms of that usage.
pub(super) fn describe_spec(answer: &mut Value, spec: KeySpec) {
    answer["KeySpec"] = spec.name().into();
    answer["CustomerMasterKeySpec"] = spec.name().into();
    answer["KeyUsage"] = spec.usage().name().into();
    match spec.usage() {
        KeyUsage::EncryptDecrypt => answer["EncryptionAlgorithms"] = json!([spec.name()]),
        KeyUsage::SignVerify => {
            let algorithms = spec.signing_algorithms().iter();
            answer["SigningAlgorithms"] = algorithms.map(|algorithm| algorithm.name()).collect();
        }
    }
}

/// JSON 1.1's timestamps: seconds since 1970, with milliseconds as the fraction.
pub(super) fn epoch_seconds(time: SystemTime) -> f64 {
    let milliseconds = OffsetDateTime::from(time).unix_timestamp_nanos() / 1_000_000;
    milliseconds as f64 / 1000.0
}
