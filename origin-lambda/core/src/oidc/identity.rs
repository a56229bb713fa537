//! Who of an issuer's users is meant: by what the issuer claims of them.
//!
//! After authentication: the claims are verified.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Users of an issuer whose claims are as listed; all of them without a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcIdentity {
    /// The id of an issuer of the policy.
    pub issuer: String,
    /// Claims that must all hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, ClaimValue>,
}

/// What a claim must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClaimValue {
    /// This text, or a list with it, such as `cognito:groups`.
    Text(String),
    /// This truth value.
    Flag(bool),
}

impl ClaimValue {
    fn is_met_by(&self, claim: &Value) -> bool {
        match (self, claim) {
            (Self::Text(text), Value::String(claim)) => text == claim,
            (Self::Text(_), Value::Array(claims)) => claims
                .iter()
                .any(|claim| claim.is_string() && self.is_met_by(claim)),
            (Self::Flag(flag), Value::Bool(claim)) => flag == claim,
            _ => false,
        }
    }
}

impl OidcIdentity {
    /// Whether a token of `issuer` with these claims is of this identity.
    pub fn is_met_by(&self, issuer: &str, claims: &Map<String, Value>) -> bool {
        let holds = |(name, value): (&String, &ClaimValue)| {
            claims.get(name).is_some_and(|claim| value.is_met_by(claim))
        };
        self.issuer == issuer && self.claims.iter().all(holds)
    }
}

#[cfg(test)]
mod tests;
