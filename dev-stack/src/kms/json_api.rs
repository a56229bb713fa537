//! The JSON of each operation: request members in, answer members out.
//!
//! Members that are not supported are refused, not ignored: an ignored one could weaken what was asked.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::administration::LockoutCheck;
use super::calls::Operation;
use super::paging::Page;
use super::{DataKeySize, EncryptionContext, Key, KeyState, Kms, KmsError, NewKey};
use crate::identity::Requester;

const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateKey {
    description: Option<String>,
    policy: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    key_usage: Option<String>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    origin: Option<String>,
    multi_region: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OneKey {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateAlias {
    alias_name: String,
    target_key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteAlias {
    alias_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListKeys {
    limit: Option<usize>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListAliases {
    key_id: Option<String>,
    limit: Option<usize>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GenerateDataKey {
    key_id: String,
    #[serde(default)]
    encryption_context: EncryptionContext,
    key_spec: Option<String>,
    number_of_bytes: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Encrypt {
    key_id: String,
    plaintext: Blob,
    #[serde(default)]
    encryption_context: EncryptionContext,
    encryption_algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Decrypt {
    ciphertext_blob: Blob,
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: EncryptionContext,
    encryption_algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduleKeyDeletion {
    key_id: String,
    pending_window_in_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetKeyPolicy {
    key_id: String,
    policy_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutKeyPolicy {
    key_id: String,
    policy_name: Option<String>,
    policy: String,
    bypass_policy_lockout_safety_check: Option<bool>,
}

/// Bytes, in base64 on the wire; wiped when dropped.
struct Blob(Zeroizing<Vec<u8>>);

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = STANDARD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| D::Error::custom("blob is not base64"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

/// Calls an operation with the JSON of its request; answers the JSON of its result, empty for the
/// operations that answer nothing.
pub(super) fn call(
    kms: &Kms,
    requester: &Requester,
    operation: Operation,
    body: &[u8],
) -> Result<Vec<u8>, KmsError> {
    let answer = match operation {
        Operation::CreateKey => create_key(kms, requester, read(body)?)?,
        Operation::DescribeKey => {
            let OneKey { key_id } = read(body)?;
            let key = kms.describe_key(requester, &key_id)?;
            json!({ "KeyMetadata": metadata(&key, kms.account_id()) })
        }
        Operation::ListKeys => list_keys(kms, requester, read(body)?)?,
        Operation::CreateAlias => {
            let request: CreateAlias = read(body)?;
            kms.create_alias(requester, &request.alias_name, &request.target_key_id)?;
            Value::Null
        }
        Operation::DeleteAlias => {
            let DeleteAlias { alias_name } = read(body)?;
            kms.delete_alias(requester, &alias_name)?;
            Value::Null
        }
        Operation::ListAliases => list_aliases(kms, requester, read(body)?)?,
        Operation::GenerateDataKey => {
            let request: GenerateDataKey = read(body)?;
            let (key_id, context) = (&request.key_id, &request.encryption_context);
            let made = kms.generate_data_key(requester, key_id, context, request.size()?)?;
            json!({
                "CiphertextBlob": STANDARD.encode(&made.ciphertext),
                "Plaintext": STANDARD.encode(made.plaintext.as_slice()),
                "KeyId": made.key_arn,
            })
        }
        Operation::GenerateDataKeyWithoutPlaintext => {
            let request: GenerateDataKey = read(body)?;
            let (key_id, context, size) = (
                &request.key_id,
                &request.encryption_context,
                request.size()?,
            );
            let made = kms.generate_data_key_without_plaintext(requester, key_id, context, size)?;
            json!({
                "CiphertextBlob": STANDARD.encode(&made.ciphertext),
                "KeyId": made.key_arn,
            })
        }
        Operation::Encrypt => encrypt(kms, requester, &read(body)?)?,
        Operation::Decrypt => decrypt(kms, requester, &read(body)?)?,
        Operation::EnableKey
        | Operation::DisableKey
        | Operation::CancelKeyDeletion
        | Operation::EnableKeyRotation
        | Operation::DisableKeyRotation
        | Operation::GetKeyRotationStatus => switch(kms, requester, operation, &read(body)?)?,
        Operation::ScheduleKeyDeletion => schedule_key_deletion(kms, requester, &read(body)?)?,
        Operation::GetKeyPolicy => {
            let request: GetKeyPolicy = read(body)?;
            fixed("PolicyName", request.policy_name.as_deref(), "default")?;
            let policy = kms.key_policy(requester, &request.key_id)?;
            json!({ "Policy": policy, "PolicyName": "default" })
        }
        Operation::PutKeyPolicy => {
            let request: PutKeyPolicy = read(body)?;
            fixed("PolicyName", request.policy_name.as_deref(), "default")?;
            let lockout = lockout_check(request.bypass_policy_lockout_safety_check);
            kms.put_key_policy(requester, &request.key_id, &request.policy, lockout)?;
            Value::Null
        }
    };
    Ok(match answer {
        Value::Null => Vec::new(),
        answer => answer.to_string().into_bytes(),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, KmsError> {
    // Clients send an empty body for an operation without members.
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(KmsError::Malformed)
}

fn create_key(kms: &Kms, requester: &Requester, request: CreateKey) -> Result<Value, KmsError> {
    let spec = request.key_spec.as_deref();
    fixed("KeySpec", spec, SYMMETRIC_DEFAULT)?;
    let old_spec = request.customer_master_key_spec.as_deref();
    fixed("CustomerMasterKeySpec", old_spec, SYMMETRIC_DEFAULT)?;
    fixed("KeyUsage", request.key_usage.as_deref(), "ENCRYPT_DECRYPT")?;
    fixed("Origin", request.origin.as_deref(), "AWS_KMS")?;
    if request.multi_region == Some(true) {
        return Err(KmsError::Validation(
            "multi-Region keys are not supported here".to_owned(),
        ));
    }
    let new = NewKey {
        description: request.description.unwrap_or_default(),
        policy: request.policy,
        lockout: lockout_check(request.bypass_policy_lockout_safety_check),
    };
    let key = kms.create_key(requester, new)?;
    Ok(json!({ "KeyMetadata": metadata(&key, kms.account_id()) }))
}

fn list_keys(kms: &Kms, requester: &Requester, request: ListKeys) -> Result<Value, KmsError> {
    let keys = kms.list_keys(requester)?;
    let page = Page::of(keys, request.limit.unwrap_or(100), request.marker, |key| {
        key.id.to_string()
    })?;
    let listed: Vec<Value> = page
        .items
        .iter()
        .map(|key| json!({ "KeyId": key.id.to_string(), "KeyArn": key.arn }))
        .collect();
    Ok(page.answer("Keys", listed))
}

fn list_aliases(kms: &Kms, requester: &Requester, request: ListAliases) -> Result<Value, KmsError> {
    let aliases = kms.list_aliases(requester, request.key_id.as_deref())?;
    let page = Page::of(
        aliases,
        request.limit.unwrap_or(50),
        request.marker,
        |alias| alias.name.clone(),
    )?;
    let listed: Vec<Value> = page
        .items
        .iter()
        .map(|alias| {
            json!({
                "AliasName": alias.name,
                "AliasArn": alias.arn,
                "TargetKeyId": alias.key_id.to_string(),
            })
        })
        .collect();
    Ok(page.answer("Aliases", listed))
}

impl GenerateDataKey {
    fn size(&self) -> Result<DataKeySize, KmsError> {
        match (self.key_spec.as_deref(), self.number_of_bytes) {
            (Some("AES_256"), None) => Ok(DataKeySize::Aes256),
            (Some("AES_128"), None) => Ok(DataKeySize::Aes128),
            (None, Some(count)) => Ok(DataKeySize::Bytes(count)),
            (None | Some(_), None | Some(_)) => Err(KmsError::Validation(
                "Please specify either number of bytes or key spec.".to_owned(),
            )),
        }
    }
}

fn encrypt(kms: &Kms, requester: &Requester, request: &Encrypt) -> Result<Value, KmsError> {
    let algorithm = request.encryption_algorithm.as_deref();
    fixed("EncryptionAlgorithm", algorithm, SYMMETRIC_DEFAULT)?;
    let context = &request.encryption_context;
    let made = kms.encrypt(requester, &request.key_id, context, &request.plaintext.0)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(&made.ciphertext),
        "KeyId": made.key_arn,
        "EncryptionAlgorithm": SYMMETRIC_DEFAULT,
    }))
}

fn decrypt(kms: &Kms, requester: &Requester, request: &Decrypt) -> Result<Value, KmsError> {
    let algorithm = request.encryption_algorithm.as_deref();
    fixed("EncryptionAlgorithm", algorithm, SYMMETRIC_DEFAULT)?;
    let (key_id, context) = (request.key_id.as_deref(), &request.encryption_context);
    let opened = kms.decrypt(requester, key_id, context, &request.ciphertext_blob.0)?;
    Ok(json!({
        "Plaintext": STANDARD.encode(opened.plaintext.as_slice()),
        "KeyId": opened.key_arn,
        "EncryptionAlgorithm": SYMMETRIC_DEFAULT,
    }))
}

/// The operations that take a key and nothing else.
fn switch(
    kms: &Kms,
    requester: &Requester,
    operation: Operation,
    request: &OneKey,
) -> Result<Value, KmsError> {
    let key_id = &request.key_id;
    match operation {
        Operation::EnableKey => kms.enable_key(requester, key_id)?,
        Operation::DisableKey => kms.disable_key(requester, key_id)?,
        Operation::EnableKeyRotation => kms.enable_key_rotation(requester, key_id)?,
        Operation::DisableKeyRotation => kms.disable_key_rotation(requester, key_id)?,
        Operation::CancelKeyDeletion => {
            let key = kms.cancel_key_deletion(requester, key_id)?;
            return Ok(json!({ "KeyId": key.arn }));
        }
        Operation::GetKeyRotationStatus => {
            let enabled = kms.key_rotation_enabled(requester, key_id)?;
            return Ok(json!({ "KeyId": key_id, "KeyRotationEnabled": enabled }));
        }
        other => return Err(KmsError::UnknownOperation(other.name().to_owned())),
    }
    Ok(Value::Null)
}

fn schedule_key_deletion(
    kms: &Kms,
    requester: &Requester,
    request: &ScheduleKeyDeletion,
) -> Result<Value, KmsError> {
    let days = request.pending_window_in_days.unwrap_or(30);
    let key = kms.schedule_key_deletion(requester, &request.key_id, days)?;
    let mut answer = json!({
        "KeyId": key.arn,
        "KeyState": key.state.name(),
        "PendingWindowInDays": days,
    });
    if let KeyState::PendingDeletion { at } = key.state {
        answer["DeletionDate"] = epoch_seconds(at).into();
    }
    Ok(answer)
}

fn metadata(key: &Key, account_id: &str) -> Value {
    let mut metadata = json!({
        "AWSAccountId": account_id,
        "KeyId": key.id.to_string(),
        "Arn": key.arn,
        "CreationDate": epoch_seconds(key.created_at),
        "Enabled": key.state == KeyState::Enabled,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": key.state.name(),
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": SYMMETRIC_DEFAULT,
        "KeySpec": SYMMETRIC_DEFAULT,
        "EncryptionAlgorithms": [SYMMETRIC_DEFAULT],
        "MultiRegion": false,
    });
    if let KeyState::PendingDeletion { at } = key.state {
        metadata["DeletionDate"] = epoch_seconds(at).into();
    }
    metadata
}

/// JSON 1.1's timestamps: seconds since 1970, with milliseconds as the fraction.
fn epoch_seconds(time: SystemTime) -> f64 {
    let milliseconds = OffsetDateTime::from(time).unix_timestamp_nanos() / 1_000_000;
    milliseconds as f64 / 1000.0
}

fn lockout_check(bypass: Option<bool>) -> LockoutCheck {
    match bypass {
        Some(true) => LockoutCheck::Bypassed,
        Some(false) | None => LockoutCheck::Made,
    }
}

/// A member that has one supported value.
fn fixed(member: &str, given: Option<&str>, supported: &str) -> Result<(), KmsError> {
    match given {
        None => Ok(()),
        Some(value) if value == supported => Ok(()),
        Some(_) => Err(KmsError::Validation(format!(
            "{member} must be {supported}, nothing else is supported here"
        ))),
    }
}
