//! What `deploy` examines before it writes: a certificate, a key, and the account's quotas.

use http::StatusCode;
use serde_json::json;

use super::{call::Reply, state::State};

/// ACM's `DescribeCertificate`.
pub(super) fn certificate(state: &State) -> Reply {
    let (status, names) = &state.certificate;
    let body = json!({"Certificate": {
        "Status": status, "DomainName": "example.com", "SubjectAlternativeNames": names,
    }});
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// KMS's `DescribeKey`.
pub(super) fn key(state: &State) -> Reply {
    let key_state = match state.key_state.as_str() {
        "" => "Enabled",
        other => other,
    };
    let body = json!({"KeyMetadata": {
        "KeyId": "k", "KeyState": key_state, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
    }});
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// Lambda's `GetAccountSettings`.
pub(super) fn account_settings(state: &State) -> Reply {
    let limit = json!({"UnreservedConcurrentExecutions": state.unreserved});
    let body = json!({"AccountLimit": limit}).to_string();
    (StatusCode::OK, body, Vec::new())
}
