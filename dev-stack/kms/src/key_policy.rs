//! Key policies: the default one, and what a new one must fulfil.

use keyfront_iam::Account;
use keyfront_iam::{Policy, PolicyKind};

use super::KmsError;

/// AWS's limit for a key policy.
const MAX_BYTES: usize = 32 * 1024;

/// The policy of a key created without one: the account decides by its identity policies.
pub(super) fn default_policy(account: &Account) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": account.root_arn() },
            "Action": "kms:*",
            "Resource": "*"
        }]
    })
    .to_string()
}

/// Reads a key policy as a client gave it.
pub(super) fn parse(json: &str) -> Result<Policy, KmsError> {
    if json.len() > MAX_BYTES {
        return Err(KmsError::Validation(format!(
            "key policy is longer than {MAX_BYTES} bytes"
        )));
    }
    Policy::parse(json, PolicyKind::Resource).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|source| format!(": {source}"));
        KmsError::MalformedPolicy(format!("{error}{}", cause.unwrap_or_default()))
    })
}
