//! The JSON of each operation: request members in, answer members out.
//!
//! What an operation means and who may call it is decided by [`Kms`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfront_iam::Requester;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::administration::LockoutCheck;
use super::calls::Operation;
use super::json_metadata::{epoch_seconds, metadata};
use super::json_requests::{
    CreateAlias, CreateKey, Decrypt, DeleteAlias, Encrypt, GenerateDataKey, GetKeyPolicy,
    ListAliases, ListKeys, OneKey, PutKeyPolicy, ScheduleKeyDeletion,
};
use super::key_spec::KeySpec;
use super::paging::Page;
use super::{DataKeySize, KeyState, Kms, KmsError, NewKey, json_signing};

const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";

/// Calls an operation with the JSON of its request; answers the JSON of its result, empty for the
/// operations that answer nothing.
pub(super) fn call(
    kms: &Kms,
    requester: &Requester,
    operation: Operation,
    body: &[u8],
) -> Result<Vec<u8>, KmsError> {
    let answer = match operation {
        Operation::CreateKey => create_key(kms, requester, read(body)?),
        Operation::DescribeKey => describe_key(kms, requester, &read(body)?),
        Operation::ListKeys => list_keys(kms, requester, read(body)?),
        Operation::CreateAlias => create_alias(kms, requester, &read(body)?),
        Operation::DeleteAlias => delete_alias(kms, requester, &read(body)?),
        Operation::ListAliases => list_aliases(kms, requester, read(body)?),
        Operation::GenerateDataKey => generate_data_key(kms, requester, &read(body)?),
        Operation::GenerateDataKeyWithoutPlaintext => {
            generate_data_key_without_plaintext(kms, requester, &read(body)?)
        }
        Operation::Encrypt => encrypt(kms, requester, &read(body)?),
        Operation::Decrypt => decrypt(kms, requester, &read(body)?),
        Operation::EnableKey => nothing(kms.enable_key(requester, &read::<OneKey>(body)?.key_id)),
        Operation::DisableKey => nothing(kms.disable_key(requester, &read::<OneKey>(body)?.key_id)),
        Operation::ScheduleKeyDeletion => schedule_key_deletion(kms, requester, &read(body)?),
        Operation::CancelKeyDeletion => cancel_key_deletion(kms, requester, &read(body)?),
        Operation::GetKeyPolicy => get_key_policy(kms, requester, &read(body)?),
        Operation::PutKeyPolicy => put_key_policy(kms, requester, &read(body)?),
        Operation::EnableKeyRotation => {
            nothing(kms.enable_key_rotation(requester, &read::<OneKey>(body)?.key_id))
        }
        Operation::DisableKeyRotation => {
            nothing(kms.disable_key_rotation(requester, &read::<OneKey>(body)?.key_id))
        }
        Operation::GetKeyRotationStatus => key_rotation_status(kms, requester, &read(body)?),
        Operation::GetPublicKey => json_signing::get_public_key(kms, requester, &read(body)?),
        Operation::Sign => json_signing::sign(kms, requester, &read(body)?),
        Operation::Verify => json_signing::verify(kms, requester, &read(body)?),
    }?;
    Ok(match answer {
        Value::Null => Vec::new(),
        answer => answer.to_string().into_bytes(),
    })
}

/// The answer of an operation that answers nothing.
fn nothing(done: Result<(), KmsError>) -> Result<Value, KmsError> {
    done.map(|()| Value::Null)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, KmsError> {
    // Clients send an empty body for an operation without members.
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(KmsError::Malformed)
}

fn create_key(kms: &Kms, requester: &Requester, request: CreateKey) -> Result<Value, KmsError> {
    let spec = match (&request.key_spec, &request.customer_master_key_spec) {
        (Some(_), Some(_)) => {
            return Err(KmsError::Validation(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
                 CustomerMasterKeySpec is deprecated."
                    .to_owned(),
            ));
        }
        (spec, None) | (None, spec) => spec.as_deref(),
    };
    fixed("Origin", request.origin.as_deref(), "AWS_KMS")?;
    if request.multi_region == Some(true) {
        return Err(KmsError::Validation(
            "multi-Region keys are not supported here".to_owned(),
        ));
    }
    let new = NewKey {
        spec: KeySpec::requested(spec, request.key_usage.as_deref())?,
        description: request.description.unwrap_or_default(),
        policy: request.policy,
        lockout: lockout_check(request.bypass_policy_lockout_safety_check),
    };
    let key = kms.create_key(requester, new)?;
    Ok(json!({ "KeyMetadata": metadata(&key, kms.account_id()) }))
}

fn describe_key(kms: &Kms, requester: &Requester, request: &OneKey) -> Result<Value, KmsError> {
    let key = kms.describe_key(requester, &request.key_id)?;
    Ok(json!({ "KeyMetadata": metadata(&key, kms.account_id()) }))
}

fn create_alias(
    kms: &Kms,
    requester: &Requester,
    request: &CreateAlias,
) -> Result<Value, KmsError> {
    nothing(kms.create_alias(requester, &request.alias_name, &request.target_key_id))
}

fn delete_alias(
    kms: &Kms,
    requester: &Requester,
    request: &DeleteAlias,
) -> Result<Value, KmsError> {
    nothing(kms.delete_alias(requester, &request.alias_name))
}

fn list_keys(kms: &Kms, requester: &Requester, request: ListKeys) -> Result<Value, KmsError> {
    let keys = kms.list_keys(requester)?;
    let limit = request.limit.unwrap_or(100);
    let page = Page::of(keys, limit, request.marker, |key| key.id.to_string())?;
    Ok(page.answer(
        "Keys",
        |key| json!({ "KeyId": key.id.to_string(), "KeyArn": key.arn }),
    ))
}

fn list_aliases(kms: &Kms, requester: &Requester, request: ListAliases) -> Result<Value, KmsError> {
    let aliases = kms.list_aliases(requester, request.key_id.as_deref())?;
    let limit = request.limit.unwrap_or(50);
    let page = Page::of(aliases, limit, request.marker, |alias| alias.name.clone())?;
    Ok(page.answer("Aliases", |alias| {
        json!({
            "AliasName": alias.name,
            "AliasArn": alias.arn,
            "TargetKeyId": alias.key_id.to_string(),
        })
    }))
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

fn generate_data_key(
    kms: &Kms,
    requester: &Requester,
    request: &GenerateDataKey,
) -> Result<Value, KmsError> {
    let (key_id, context) = (&request.key_id, &request.encryption_context);
    let made = kms.generate_data_key(requester, key_id, context, request.size()?)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(&made.ciphertext),
        "Plaintext": STANDARD.encode(made.plaintext.as_slice()),
        "KeyId": made.key_arn,
    }))
}

fn generate_data_key_without_plaintext(
    kms: &Kms,
    requester: &Requester,
    request: &GenerateDataKey,
) -> Result<Value, KmsError> {
    let (key_id, context) = (&request.key_id, &request.encryption_context);
    let size = request.size()?;
    let made = kms.generate_data_key_without_plaintext(requester, key_id, context, size)?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(&made.ciphertext),
        "KeyId": made.key_arn,
    }))
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

fn cancel_key_deletion(
    kms: &Kms,
    requester: &Requester,
    request: &OneKey,
) -> Result<Value, KmsError> {
    let key = kms.cancel_key_deletion(requester, &request.key_id)?;
    Ok(json!({ "KeyId": key.arn }))
}

fn key_rotation_status(
    kms: &Kms,
    requester: &Requester,
    request: &OneKey,
) -> Result<Value, KmsError> {
    let enabled = kms.key_rotation_enabled(requester, &request.key_id)?;
    Ok(json!({ "KeyId": request.key_id, "KeyRotationEnabled": enabled }))
}

fn get_key_policy(
    kms: &Kms,
    requester: &Requester,
    request: &GetKeyPolicy,
) -> Result<Value, KmsError> {
    fixed("PolicyName", request.policy_name.as_deref(), "default")?;
    let policy = kms.key_policy(requester, &request.key_id)?;
    Ok(json!({ "Policy": policy, "PolicyName": "default" }))
}

fn put_key_policy(
    kms: &Kms,
    requester: &Requester,
    request: &PutKeyPolicy,
) -> Result<Value, KmsError> {
    fixed("PolicyName", request.policy_name.as_deref(), "default")?;
    let lockout = lockout_check(request.bypass_policy_lockout_safety_check);
    nothing(kms.put_key_policy(requester, &request.key_id, &request.policy, lockout))
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
