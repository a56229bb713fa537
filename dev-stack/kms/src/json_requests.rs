//! The members of each operation's request, as JSON writes them.
//!
//! A member that is not listed is refused, not ignored: an ignored one could weaken what was requested.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::EncryptionContext;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CreateKey {
    pub(super) description: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) bypass_policy_lockout_safety_check: Option<bool>,
    pub(super) key_usage: Option<String>,
    pub(super) key_spec: Option<String>,
    pub(super) customer_master_key_spec: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) multi_region: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct OneKey {
    pub(super) key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CreateAlias {
    pub(super) alias_name: String,
    pub(super) target_key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DeleteAlias {
    pub(super) alias_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ListKeys {
    pub(super) limit: Option<usize>,
    pub(super) marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ListAliases {
    pub(super) key_id: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GenerateDataKey {
    pub(super) key_id: String,
    #[serde(default)]
    pub(super) encryption_context: EncryptionContext,
    pub(super) key_spec: Option<String>,
    pub(super) number_of_bytes: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Encrypt {
    pub(super) key_id: String,
    pub(super) plaintext: Blob,
    #[serde(default)]
    pub(super) encryption_context: EncryptionContext,
    pub(super) encryption_algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Decrypt {
    pub(super) ciphertext_blob: Blob,
    pub(super) key_id: Option<String>,
    #[serde(default)]
    pub(super) encryption_context: EncryptionContext,
    pub(super) encryption_algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Sign {
    pub(super) key_id: String,
    pub(super) message: Blob,
    pub(super) message_type: Option<String>,
    pub(super) signing_algorithm: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Verify {
    pub(super) key_id: String,
    pub(super) message: Blob,
    pub(super) message_type: Option<String>,
    pub(super) signature: Blob,
    pub(super) signing_algorithm: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ScheduleKeyDeletion {
    pub(super) key_id: String,
    pub(super) pending_window_in_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetKeyPolicy {
    pub(super) key_id: String,
    pub(super) policy_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutKeyPolicy {
    pub(super) key_id: String,
    pub(super) policy_name: Option<String>,
    pub(super) policy: String,
    pub(super) bypass_policy_lockout_safety_check: Option<bool>,
}

/// Bytes, in base64 on the wire; wiped when dropped.
pub(super) struct Blob(pub(super) Zeroizing<Vec<u8>>);

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = STANDARD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| D::Error::custom("blob is not base64"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}
