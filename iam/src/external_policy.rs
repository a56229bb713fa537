//! A policy that others wrote, read statement by statement: conditions on what is not known of a call, and elements that
//! are not understood, are left out and named.
//!
//! A statement without some of its conditions covers at least what the whole one covers. So one that covers a call and
//! left nothing out certainly applies, and one that covers it without a condition possibly does.

use serde_json::{Map, Value, json};

use super::condition_key::define;
use super::document::Policy;
use super::error::PolicyError;
use super::policy_kind::PolicyKind;
use super::statement::Effect;

/// One statement of a policy that others wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalStatement {
    /// Its `Sid`, or its number from 1.
    pub name: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The statement alone, without what was left out; `None` if the rest is not understood either.
    pub policy: Option<Policy>,
    /// What was left out, in the document's words.
    pub left_out: Vec<String>,
}

/// A document whose statements cannot even be told apart.
#[derive(Debug, thiserror::Error)]
pub enum ExternalPolicyError {
    /// Not JSON.
    #[error("the policy is not JSON")]
    Malformed(#[from] serde_json::Error),
    /// Without statements, or with something else in their place.
    #[error("the policy has no statements")]
    NoStatements,
}

/// Reads a policy of `kind`. `is_known` says of a condition key, in lower case, whether its value, or its absence, is known.
///
/// # Errors
/// [`ExternalPolicyError`]; everything inside a statement that is not understood is part of the statement's reading.
pub fn read_external(
    json: &str,
    kind: PolicyKind,
    is_known: impl Fn(&str) -> bool,
) -> Result<Vec<ExternalStatement>, ExternalPolicyError> {
    let policy: Value = serde_json::from_str(json)?;
    let version = policy.get("Version");
    let statements = match policy.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(ExternalPolicyError::NoStatements),
    };
    let reader = Reader {
        version,
        kind,
        is_known: &is_known,
    };
    let read = |(at, statement): (usize, &Value)| reader.read(statement, at + 1);
    Ok(statements.into_iter().enumerate().map(read).collect())
}

struct Reader<'a> {
    version: Option<&'a Value>,
    kind: PolicyKind,
    is_known: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn read(&self, statement: &Value, number: usize) -> ExternalStatement {
        let sid = statement.get("Sid").and_then(Value::as_str);
        let effect = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            // What is no effect at all is not taken for one that allows.
            _ => Effect::Deny,
        };
        let mut left_out = Vec::new();
        let mut rest = statement.clone();
        if let Some(conditions) = statement.get("Condition").and_then(Value::as_object) {
            rest["Condition"] = self.understood(conditions, &mut left_out);
        }
        for element in ["Resource", "NotResource"] {
            if statement.get(element).is_some_and(|it| self.varies(it)) {
                left_out.push(element.to_owned());
                if let Some(rest) = rest.as_object_mut() {
                    rest.remove(element);
                    rest.insert("Resource".to_owned(), Value::from("*"));
                }
            }
        }
        let policy = match self.parse(&rest) {
            Ok(policy) => Some(policy),
            Err(error) => {
                left_out.push(error.to_string());
                None
            }
        };
        ExternalStatement {
            name: sid.map_or_else(|| number.to_string(), str::to_owned),
            effect,
            policy,
            left_out,
        }
    }

    /// The conditions that can be evaluated.
    fn understood(&self, conditions: &Map<String, Value>, left_out: &mut Vec<String>) -> Value {
        let mut kept = Map::new();
        for (operator, keys) in conditions {
            let Some(keys) = keys.as_object() else {
                left_out.push(operator.clone());
                continue;
            };
            for (key, values) in keys {
                let alone = json!({operator.as_str(): {key.as_str(): values}});
                let known = (self.is_known)(&key.to_ascii_lowercase());
                if known && !self.varies(values) && self.takes(&alone) {
                    let of_operator = kept.entry(operator.clone()).or_insert_with(|| json!({}));
                    of_operator[key.as_str()] = values.clone();
                } else {
                    left_out.push(format!("{operator} {key}"));
                }
            }
        }
        Value::Object(kept)
    }

    /// Whether a text depends on a variable that is not known.
    fn varies(&self, element: &Value) -> bool {
        match element {
            Value::String(text) => text.split("${").skip(1).any(|rest| {
                let name = rest.split(['}', ',']).next().unwrap_or_default();
                let is_literal = matches!(name, "*" | "?" | "$");
                let name = name.trim().to_ascii_lowercase();
                !(is_literal || (self.is_known)(&name) && define(&name).is_some())
            }),
            Value::Array(all) => all.iter().any(|one| self.varies(one)),
            _ => false,
        }
    }

    fn takes(&self, condition: &Value) -> bool {
        let mut statement = json!({"Effect": "Deny", "Action": "*", "Condition": condition});
        if self.kind != PolicyKind::Trust {
            statement["Resource"] = Value::from("*");
        }
        if self.kind != PolicyKind::Identity {
            statement["Principal"] = Value::from("*");
        }
        self.parse(&statement).is_ok()
    }

    fn parse(&self, statement: &Value) -> Result<Policy, PolicyError> {
        let mut policy = json!({"Statement": [statement]});
        if let Some(version) = self.version {
            policy["Version"] = version.clone();
        }
        Policy::parse(&policy.to_string(), self.kind)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(statement: &str) -> Vec<ExternalStatement> {
        let json = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        let known = |key: &str| key != "aws:sourceip";
        read_external(&json, PolicyKind::Resource, known).unwrap()
    }

    #[test]
    fn conditions_on_what_is_not_known_are_left_out_and_named() {
        let read = read(
            r#"[{"Sid":"A","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":
                {"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"aws:SecureTransport":"false"},
                 "StringEquals":{"aws:PrincipalOrgID":"o-1"},"Strange":{"aws:SecureTransport":"x"}}},
               {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]"#,
        );
        let mut left_out = read[0].left_out.clone();
        left_out.sort();
        assert_eq!(
            left_out,
            [
                "NotIpAddress aws:SourceIp",
                "Strange aws:SecureTransport",
                "StringEquals aws:PrincipalOrgID"
            ]
        );
        assert!(read[0].policy.is_some());
        let second = &read[1];
        assert_eq!((second.name.as_str(), second.effect), ("2", Effect::Allow));
        assert!(second.left_out.is_empty());
    }

    #[test]
    fn a_resource_with_an_unknown_variable_may_be_any() {
        let read = read(
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}"#,
        );
        assert_eq!(read[0].left_out, ["Resource"]);
        let source = read[0].policy.as_ref().unwrap().source();
        assert!(source.contains(r#""Resource":"*""#), "{source}");
    }

    #[test]
    fn a_resource_is_left_out_if_one_of_its_texts_has_a_variable_that_is_not_known() {
        for (resource, left_out) in [
            (
                r#"["arn:aws:s3:::b","arn:aws:s3:::b/${aws:PrincipalTag/team}/*"]"#,
                true,
            ),
            (
                r#"["arn:aws:s3:::b","arn:aws:s3:::b/${aws:SourceIp}"]"#,
                true,
            ),
            (
                r#"["arn:aws:s3:::b","arn:aws:s3:::b/${aws:username}"]"#,
                false,
            ),
            (r#"["arn:aws:s3:::b/${*}${?}${$}"]"#, false),
            (r#""arn:aws:s3:::b/${aws:username, 'x'}""#, false),
        ] {
            let read = read(&format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":{resource}}}"#
            ));
            assert_eq!(!read[0].left_out.is_empty(), left_out, "{resource}");
        }
    }

    #[test]
    fn a_statement_for_principals_that_are_not_known_has_no_policy() {
        let read = read(
            r#"{"Effect":"Deny","Principal":{"CanonicalUser":"abc"},"Action":"s3:*","Resource":"*"}"#,
        );
        assert!(read[0].policy.is_none() && !read[0].left_out.is_empty());
    }

    #[test]
    fn what_has_no_statements_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"Statement":"x"}"#,
            r#"{"Version":"2012-10-17"}"#,
        ] {
            assert!(
                read_external(text, PolicyKind::Resource, |_| true).is_err(),
                "{text}"
            );
        }
    }
}
