//! A template's parameters, and which values they take.

use serde_json::Value;

/// Filled from the artifacts and from the outputs of the stack in the bucket's Region.
const FILLED: [&str; 10] = [
    "ArtifactBucket",
    "OriginKey",
    "EdgeKey",
    "EdgeSha256",
    "EdgeRevision",
    "BucketName",
    "BucketRegion",
    "EdgeRoleArn",
    "OriginHost",
    "OriginRoleName",
];

/// A declared parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// CloudFormation's type: `String`, `Number` or `CommaDelimitedList`.
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// Used where no value is given; without one, a value is needed.
    pub default: Option<String>,
    /// The only values it takes, if not empty.
    pub allowed_values: Vec<String>,
    /// What a value must match as a whole, as a regular expression.
    pub allowed_pattern: Option<String>,
    /// What the pattern means, in words.
    pub constraint: Option<String>,
    /// Least and greatest value of a number.
    pub range: (Option<i64>, Option<i64>),
}

/// What a parameter's value must be, where it is something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Not among the allowed values.
    #[error("expected one of {allowed}")]
    NotAllowed {
        /// The allowed values, joined.
        allowed: String,
    },
    /// Not a whole number in the range.
    #[error("expected a whole number{range}")]
    Number {
        /// ` from A to B`, or nothing.
        range: String,
    },
}

impl Parameter {
    pub(crate) fn read(name: &str, declaration: &Value) -> Self {
        let text = |key: &str| declaration.get(key).map(plain);
        let number = |key: &str| declaration.get(key).and_then(Value::as_i64);
        let allowed = declaration.get("AllowedValues").and_then(Value::as_array);
        Self {
            name: name.to_owned(),
            kind: text("Type").unwrap_or_default(),
            description: text("Description").unwrap_or_default(),
            default: text("Default"),
            allowed_values: allowed.into_iter().flatten().map(plain).collect(),
            allowed_pattern: text("AllowedPattern"),
            constraint: text("ConstraintDescription"),
            range: (number("MinValue"), number("MaxValue")),
        }
    }

    /// Whether a deployment fills it from what it uploads and creates, so that nobody chooses its value.
    pub fn is_filled(&self) -> bool {
        FILLED.contains(&self.name.as_str())
    }

    /// Validates a value by type, range and allowed values; CloudFormation validates the pattern as well.
    ///
    /// # Errors
    /// The rule that the value breaks.
    pub fn validate(&self, value: &str) -> Result<(), ParameterError> {
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|one| one == value) {
            return Err(ParameterError::NotAllowed {
                allowed: self.allowed_values.join(", "),
            });
        }
        if self.kind == "Number" {
            let (least, greatest) = self.range;
            let fits = value.parse::<i64>().is_ok_and(|number| {
                least.is_none_or(|least| number >= least)
                    && greatest.is_none_or(|greatest| number <= greatest)
            });
            if !fits {
                let range = match self.range {
                    (Some(least), Some(greatest)) => format!(" from {least} to {greatest}"),
                    _ => String::new(),
                };
                return Err(ParameterError::Number { range });
            }
        }
        Ok(())
    }
}

/// A scalar as CloudFormation passes it around.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
