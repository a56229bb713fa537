//! What `deploy` examines before it writes: a certificate, a key, a trail, and the account's quotas.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    call::{RecordedCall, Reply},
    logs::refused,
    stack_replies::xml_result,
    state::{BUCKETS, CACHE_POLICIES, DISTRIBUTIONS, HEADERS_POLICIES, ROLES, State},
};

/// ACM's `DescribeCertificate`.
pub(super) fn certificate(state: &State) -> Reply {
    let (status, names) = &state.certificate;
    let body = json!({"Certificate": {
        "Status": status, "DomainName": "example.com", "SubjectAlternativeNames": names,
    }});
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// SSM's `GetParameter`, without decryption.
pub(super) fn parameter(state: &State, call: &RecordedCall) -> Reply {
    let input: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(input["WithDecryption"], false, "nobody asked for the value");
    let Some(kind) = state.parameters.get(input["Name"].as_str().unwrap()) else {
        return refused("ParameterNotFound");
    };
    let body = json!({"Parameter": {"Name": "p", "Type": kind, "Value": "AQICciphertext"}});
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
    let stored = 1_000_000;
    let room = state.code_left.unwrap_or(1 << 40);
    let body = json!({
        "AccountLimit": {"UnreservedConcurrentExecutions": state.unreserved, "TotalCodeSize": stored + room},
        "AccountUsage": {"TotalCodeSize": stored},
    });
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// CloudTrail's `GetTrail`, `GetTrailStatus` and `GetEventSelectors`.
pub(super) fn trail(state: &State, action: &str) -> Reply {
    let Some(trail) = &state.trail else {
        return refused("TrailNotFoundException");
    };
    let body = match action {
        "GetTrail" => {
            json!({"Trail": {"Name": "own", "HomeRegion": trail.home, "IsMultiRegionTrail": trail.multi_region}})
        }
        "GetTrailStatus" => json!({"IsLogging": trail.logging}),
        "GetEventSelectors" => trail.selectors.clone(),
        other => panic!("no action {other}"),
    };
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// Service Quotas: the account has a limit of its own for distributions only.
pub(super) fn quota(state: &State, action: &str, call: &RecordedCall) -> Reply {
    if state.quotas_denied {
        return refused("AccessDeniedException");
    }
    let input: Value = serde_json::from_slice(&call.body).unwrap();
    let code = input["QuotaCode"].as_str().unwrap();
    let name = match code {
        DISTRIBUTIONS => "Web distributions per AWS account",
        CACHE_POLICIES => "Cache policies per AWS account",
        HEADERS_POLICIES => "Response headers policies per AWS account",
        BUCKETS => "General purpose buckets",
        other => panic!("no quota {other}"),
    };
    if action == "GetServiceQuota" && code != DISTRIBUTIONS {
        return refused("NoSuchResourceException");
    }
    let (_, limit) = state.quota(code);
    let body = json!({"Quota": {"QuotaName": name, "QuotaCode": code, "Value": f64::from(limit)}});
    (StatusCode::OK, body.to_string(), Vec::new())
}

/// IAM's `GetAccountSummary`.
pub(super) fn account_summary(state: &State, action: &str) -> Reply {
    let (used, limit) = state.quota(ROLES);
    let entry =
        |key: &str, value: u32| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries = entry("Roles", used) + &entry("RolesQuota", limit);
    xml_result(action, &format!("<SummaryMap>{entries}</SummaryMap>"))
}
