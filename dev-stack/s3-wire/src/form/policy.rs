//! A POST policy: its end, and its conditions, one at least for every field.

use std::time::SystemTime;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::parse::{Form, invalid};
use crate::error_response::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    expiration: String,
    conditions: Vec<Value>,
}

enum Condition<'a> {
    Equals(String, &'a str),
    StartsWith(String, &'a str),
    Length(u64, u64),
}

impl Policy {
    pub(super) fn parse(encoded: &str) -> Result<Self, Refusal> {
        let malformed = || Refusal::bad_request("InvalidPolicyDocument", "Invalid Policy");
        let document = STANDARD.decode(encoded).map_err(|_| malformed())?;
        serde_json::from_slice(&document).map_err(|_| malformed())
    }

    pub(super) fn evaluate(
        &self,
        form: &Form,
        bucket: &str,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let end = OffsetDateTime::parse(&self.expiration, &Rfc3339);
        let end = end.map_err(|_| invalid("The policy's expiration is malformed."))?;
        if OffsetDateTime::from(now) >= end {
            return Err(denied("Invalid according to Policy: Policy expired."));
        }
        let conditions: Vec<Condition<'_>> = self
            .conditions
            .iter()
            .map(Condition::read)
            .collect::<Result<_, _>>()?;
        for condition in &conditions {
            condition.evaluate(form, bucket)?;
        }
        for (name, _) in form.fields() {
            let exempt =
                ["policy", "x-amz-signature"].contains(&name) || name.starts_with("x-ignore-");
            if !exempt && !conditions.iter().any(|condition| condition.names(name)) {
                return Err(
                    denied("Invalid according to Policy: Extra input fields").with("Field", name)
                );
            }
        }
        Ok(())
    }
}

impl<'a> Condition<'a> {
    fn read(value: &'a Value) -> Result<Self, Refusal> {
        let malformed = || Refusal::bad_request("InvalidPolicyDocument", "Invalid condition");
        let field = |name: &Value| {
            let name = name.as_str()?.strip_prefix('$')?;
            Some(name.to_ascii_lowercase())
        };
        let read = match value {
            Value::Object(pairs) => {
                let mut pairs = pairs.iter();
                match (pairs.next(), pairs.next()) {
                    (Some((name, Value::String(value))), None) => {
                        Some(Self::Equals(name.to_ascii_lowercase(), value))
                    }
                    _ => None,
                }
            }
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(kind), least, most] if kind == "content-length-range" => least
                    .as_u64()
                    .zip(most.as_u64())
                    .map(|(least, most)| Self::Length(least, most)),
                [Value::String(kind), name, Value::String(value)] if kind == "eq" => {
                    field(name).map(|name| Self::Equals(name, value))
                }
                [Value::String(kind), name, Value::String(value)] if kind == "starts-with" => {
                    field(name).map(|name| Self::StartsWith(name, value))
                }
                _ => None,
            },
            _ => None,
        };
        read.ok_or_else(malformed)
    }

    fn evaluate(&self, form: &Form, bucket: &str) -> Result<(), Refusal> {
        let value = |name: &str| match name {
            "bucket" => Some(bucket.to_owned()),
            name => form.field(name).map(str::to_owned),
        };
        let holds = match self {
            Self::Equals(name, expected) => value(name).as_deref() == Some(*expected),
            Self::StartsWith(name, start) => {
                value(name).is_some_and(|value| value.starts_with(start))
            }
            Self::Length(least, most) => {
                let length = form.file().len() as u64;
                if length < *least {
                    return Err(Refusal::bad_request(
                        "EntityTooSmall",
                        "Your proposed upload is smaller than the minimum allowed size",
                    ));
                }
                if length > *most {
                    return Err(Refusal::bad_request(
                        "EntityTooLarge",
                        "Your proposed upload exceeds the maximum allowed size",
                    ));
                }
                true
            }
        };
        if holds {
            Ok(())
        } else {
            Err(denied(
                "Invalid according to Policy: Policy Condition failed",
            ))
        }
    }

    fn names(&self, field: &str) -> bool {
        match self {
            Self::Equals(name, _) | Self::StartsWith(name, _) => name == field,
            Self::Length(..) => false,
        }
    }
}

fn denied(message: &'static str) -> Refusal {
    Refusal::forbidden("AccessDenied", message)
}
