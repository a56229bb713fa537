//! A template as a tree in which every intrinsic function has its long form.

use serde_json::{Map, Value};
use serde_norway::Value as Yaml;

use crate::parameter::Parameter;

/// A text that is not a template.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not YAML.
    #[error("the template is not YAML")]
    Yaml(#[from] serde_norway::Error),
    /// Something CloudFormation would not take.
    #[error("the template has {0}")]
    Shape(String),
}

/// A template.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    root: Value,
}

impl Document {
    /// Reads YAML; `!Ref x` becomes `{"Ref": "x"}`, `!GetAtt a.b` becomes `{"Fn::GetAtt": ["a", "b"]}`.
    ///
    /// # Errors
    /// A text that is not YAML, or whose mappings have keys that are no strings.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let yaml: Yaml = serde_norway::from_str(text)?;
        Ok(Self {
            root: long_form(yaml)?,
        })
    }

    /// A section such as `Resources`: its entries in the template's order of names.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let entries = self.root.get(name).and_then(Value::as_object);
        entries
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The properties of a resource, intrinsic functions and all.
    pub fn properties(&self, resource: &str) -> Option<&Value> {
        self.root.get("Resources")?.get(resource)?.get("Properties")
    }

    /// A condition's expression.
    pub fn condition(&self, name: &str) -> Option<&Value> {
        self.root.get("Conditions")?.get(name)
    }

    /// The parameters, by name.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.section("Parameters")
            .map(|(name, declaration)| Parameter::read(name, declaration))
            .collect()
    }

    /// The names of the outputs.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.section("Outputs").map(|(name, _)| name)
    }

    /// The whole tree.
    pub const fn root(&self) -> &Value {
        &self.root
    }
}

fn long_form(yaml: Yaml) -> Result<Value, DocumentError> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(bool) => Value::Bool(bool),
        Yaml::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_f64().map(Value::from))
            .ok_or_else(|| DocumentError::Shape(format!("the number {number}")))?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => {
            Value::Array(items.into_iter().map(long_form).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let Yaml::String(key) = key else {
                    return Err(DocumentError::Shape("a key that is not a string".into()));
                };
                object.insert(key, long_form(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => function(&tagged.tag.to_string(), long_form(tagged.value)?)?,
    })
}

fn function(tag: &str, argument: Value) -> Result<Value, DocumentError> {
    let name = tag.trim_start_matches('!');
    let (name, argument) = match (name, argument) {
        ("Ref" | "Condition", argument) => (name.to_owned(), argument),
        ("GetAtt", Value::String(path)) => {
            let Some((resource, attribute)) = path.split_once('.') else {
                return Err(DocumentError::Shape(format!(
                    "!GetAtt {path} without an attribute"
                )));
            };
            (
                "Fn::GetAtt".to_owned(),
                Value::from(vec![resource, attribute]),
            )
        }
        (
            "Sub" | "Join" | "Select" | "Split" | "If" | "Equals" | "And" | "Or" | "Not",
            argument,
        ) => (format!("Fn::{name}"), argument),
        _ => {
            return Err(DocumentError::Shape(format!(
                "the function {tag}, which is not known here"
            )));
        }
    };
    Ok(Value::Object(Map::from_iter([(name, argument)])))
}
