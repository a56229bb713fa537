//! How a key stands, by KMS's own word.

use aws_sdk_kms::{error::ProvideErrorMetadata as _, types::KeyState as Reported};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    access::Access,
    evidence::{KeyState, KeyStatus},
};
use crate::aws::call_error;

/// Describes a key.
///
/// # Errors
/// KMS does not say, for instance because the operator may not ask.
pub(super) async fn status(access: &Access, key: &str) -> anyhow::Result<KeyStatus> {
    let answer = access.kms(key).describe_key().key_id(key).send().await;
    let (state, end) = match answer {
        Ok(answer) => answer.key_metadata.map_or((None, None), |metadata| {
            (metadata.key_state, metadata.deletion_date)
        }),
        Err(error) if error.code() == Some("NotFoundException") => {
            return Ok(KeyStatus {
                key: key.to_owned(),
                state: KeyState::Missing,
            });
        }
        Err(error) => return Err(call_error(error).context(format!("{key} cannot be described"))),
    };
    let end = end
        .and_then(|end| OffsetDateTime::from_unix_timestamp(end.secs()).ok())
        .and_then(|end| end.format(&Rfc3339).ok());
    Ok(KeyStatus {
        key: key.to_owned(),
        state: match state {
            Some(Reported::Enabled) => KeyState::Enabled,
            Some(Reported::Disabled) => KeyState::Disabled,
            Some(Reported::PendingDeletion) => KeyState::PendingDeletion(end),
            Some(other) => KeyState::Other(other.as_str().to_owned()),
            None => anyhow::bail!("KMS returned no state of {key}"),
        },
    })
}
