//! The four ways a request names a key: id, key ARN, alias, alias ARN.

use keyfront_iam::Account;
use keyfront_names::Arn;
use uuid::Uuid;

use super::KmsError;

/// AWS's limit for the parameter.
const MAX_BYTES: usize = 2048;

/// A name that has the right shape; whether something bears it is the store's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyName {
    Id(Uuid),
    /// With the prefix `alias/`.
    Alias(String),
}

impl KeyName {
    /// Reads a `KeyId` parameter. ARNs of other accounts or Regions name nothing here.
    pub(super) fn parse(text: &str, account: &Account) -> Result<Self, KmsError> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(KmsError::Validation(format!(
                "KeyId must have 1 to {MAX_BYTES} bytes"
            )));
        }
        let not_found = || KmsError::NotFound(text.to_owned());
        let local = if text.starts_with("arn:") {
            let invalid = || KmsError::InvalidArn(text.to_owned());
            let arn = Arn::parse(text).map_err(|_| invalid())?;
            if arn.partition != "aws" || arn.service != "kms" {
                return Err(invalid());
            }
            if arn.region != account.region() || arn.account != account.id() {
                return Err(not_found());
            }
            match arn.resource.strip_prefix("key/") {
                Some(id) => id,
                None if arn.resource.starts_with("alias/") => arn.resource,
                None => return Err(invalid()),
            }
        } else {
            text
        };
        if local.starts_with("alias/") {
            return Ok(Self::Alias(local.to_owned()));
        }
        parse_id(local).map(Self::Id).ok_or_else(not_found)
    }
}

/// Only the hyphenated lower-case form is a key id.
fn parse_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().to_string() == text).then_some(id)
}

/// Checks the name of a new alias: `alias/` and letters, digits, `/`, `_`, `-`.
pub(super) fn check_alias(name: &str) -> Result<(), KmsError> {
    let refused = || KmsError::InvalidAliasName(name.to_owned());
    let rest = name.strip_prefix("alias/").ok_or_else(refused)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b);
    let reserved = rest.starts_with("aws/");
    if rest.is_empty() || name.len() > 256 || reserved || !rest.bytes().all(allowed) {
        return Err(refused());
    }
    Ok(())
}
