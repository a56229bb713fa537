//! What a template's intrinsic functions come to: parameters and conditions are computed as CloudFormation does;
//! what only AWS knows (`Ref` and `GetAtt` of resources, pseudo parameters) is asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Document;

/// An expression that comes to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A name that neither the template nor the caller knows.
    #[error("unknown {0}")]
    Unknown(String),
    /// A function with arguments it does not take.
    #[error("{0} does not accept {1}")]
    Arguments(&'static str, String),
    /// Conditions that refer to each other in a circle.
    #[error("condition {0} depends on itself")]
    Circle(String),
}

/// A template with the values of one stack.
pub struct Resolution<'d, F> {
    document: &'d Document,
    parameters: BTreeMap<String, String>,
    known: F,
}

/// `Ref: AWS::NoValue`: whatever holds it does not exist.
enum Resolved {
    Value(Value),
    Nothing,
}

impl<'d, F: Fn(&str) -> Option<String>> Resolution<'d, F> {
    /// `parameters` override the defaults; `known` answers `Resource`, `Resource.Attribute` and `AWS::Name`.
    pub fn new(
        document: &'d Document,
        parameters: impl IntoIterator<Item = (String, String)>,
        known: F,
    ) -> Self {
        let defaults = document
            .parameters()
            .into_iter()
            .filter_map(|parameter| Some((parameter.name, parameter.default?)));
        Self {
            document,
            parameters: defaults.chain(parameters).collect(),
            known,
        }
    }

    pub(crate) const fn document(&self) -> &'d Document {
        self.document
    }

    /// Whether a resource's or output's condition holds; without one it does.
    ///
    /// # Errors
    /// A condition that cannot be computed.
    pub fn exists(&self, entry: &Value) -> Result<bool, ResolveError> {
        match entry.get("Condition").and_then(Value::as_str) {
            Some(name) => self.holds(name, 0),
            None => Ok(true),
        }
    }

    /// A value with every function computed.
    ///
    /// # Errors
    /// The first function that cannot be.
    pub fn value(&self, value: &Value) -> Result<Value, ResolveError> {
        match self.resolve(value)? {
            Resolved::Value(value) => Ok(value),
            Resolved::Nothing => Ok(Value::Null),
        }
    }

    fn resolve(&self, value: &Value) -> Result<Resolved, ResolveError> {
        let value = match value {
            Value::Array(items) => Value::Array(self.list(items)?),
            Value::Object(entries) => {
                if let Some((name, argument)) = only_entry(entries)
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.function(name, argument);
                }
                let mut resolved = Map::new();
                for (name, value) in entries {
                    if let Resolved::Value(value) = self.resolve(value)? {
                        resolved.insert(name.clone(), value);
                    }
                }
                Value::Object(resolved)
            }
            scalar => scalar.clone(),
        };
        Ok(Resolved::Value(value))
    }

    fn list(&self, items: &[Value]) -> Result<Vec<Value>, ResolveError> {
        let mut resolved = Vec::with_capacity(items.len());
        for item in items {
            if let Resolved::Value(value) = self.resolve(item)? {
                resolved.push(value);
            }
        }
        Ok(resolved)
    }

    fn function(&self, name: &str, argument: &Value) -> Result<Resolved, ResolveError> {
        let value = match name {
            "Ref" => {
                let name = argument.as_str().ok_or_else(|| wrong("Ref", argument))?;
                if name == "AWS::NoValue" {
                    return Ok(Resolved::Nothing);
                }
                self.reference(name)?
            }
            "Fn::GetAtt" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(resource), Value::String(attribute)]) => {
                    Value::String(self.ask(&format!("{resource}.{attribute}"))?)
                }
                _ => return Err(wrong("Fn::GetAtt", argument)),
            },
            "Fn::Sub" => Value::String(self.substitute(argument)?),
            "Fn::Join" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(separator), items]) => {
                    Value::String(self.texts("Fn::Join", items)?.join(separator))
                }
                _ => return Err(wrong("Fn::Join", argument)),
            },
            "Fn::Split" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(separator), text]) => {
                    let text = self.text("Fn::Split", text)?;
                    Value::from(text.split(separator.as_str()).collect::<Vec<_>>())
                }
                _ => return Err(wrong("Fn::Split", argument)),
            },
            "Fn::Select" => match argument.as_array().map(Vec::as_slice) {
                Some([index, items]) => {
                    let items = self.texts("Fn::Select", items)?;
                    let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                    let item = index.and_then(|index| items.get(index));
                    Value::from(item.ok_or_else(|| wrong("Fn::Select", argument))?.as_str())
                }
                _ => return Err(wrong("Fn::Select", argument)),
            },
            "Fn::If" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(condition), yes, no]) => {
                    return self.resolve(if self.holds(condition, 0)? { yes } else { no });
                }
                _ => return Err(wrong("Fn::If", argument)),
            },
            other => return Err(ResolveError::Unknown(other.to_owned())),
        };
        Ok(Resolved::Value(value))
    }

    /// A parameter, a resource or a pseudo parameter.
    fn reference(&self, name: &str) -> Result<Value, ResolveError> {
        let Some(text) = self.parameters.get(name) else {
            return self.ask(name).map(Value::String);
        };
        let declared = self
            .document
            .section("Parameters")
            .find(|(n, _)| *n == name);
        let kind = declared.and_then(|(_, declaration)| declaration.get("Type"));
        Ok(
            if kind.and_then(Value::as_str) == Some("CommaDelimitedList") {
                Value::from(text.split(',').map(str::trim).collect::<Vec<_>>())
            } else {
                Value::String(text.clone())
            },
        )
    }

    fn ask(&self, name: &str) -> Result<String, ResolveError> {
        (self.known)(name).ok_or_else(|| ResolveError::Unknown(name.to_owned()))
    }

    fn text(&self, function: &'static str, value: &Value) -> Result<String, ResolveError> {
        match self.value(value)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(wrong(function, &other)),
        }
    }

    fn texts(&self, function: &'static str, value: &Value) -> Result<Vec<String>, ResolveError> {
        match self.value(value)? {
            Value::Array(items) => items.iter().map(|item| self.text(function, item)).collect(),
            other => Err(wrong(function, &other)),
        }
    }

    fn substitute(&self, argument: &Value) -> Result<String, ResolveError> {
        let (template, variables) = match argument {
            Value::String(template) => (template, None),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(template), Value::Object(variables)] => (template, Some(variables)),
                _ => return Err(wrong("Fn::Sub", argument)),
            },
            _ => return Err(wrong("Fn::Sub", argument)),
        };
        let mut text = String::new();
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, remaining) = after
                .split_once('}')
                .ok_or_else(|| wrong("Fn::Sub", argument))?;
            text.push_str(before);
            match variables.and_then(|variables| variables.get(name)) {
                Some(variable) => text.push_str(&self.text("Fn::Sub", variable)?),
                // `${!x}` is a literal `${x}`.
                None if name.starts_with('!') => text.push_str(&format!("${{{}}}", &name[1..])),
                None => match self.reference(name)? {
                    Value::String(value) => text.push_str(&value),
                    other => return Err(wrong("Fn::Sub", &other)),
                },
            }
            rest = remaining;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn holds(&self, condition: &str, depth: usize) -> Result<bool, ResolveError> {
        if depth > 32 {
            return Err(ResolveError::Circle(condition.to_owned()));
        }
        let expression = self
            .document
            .condition(condition)
            .ok_or_else(|| ResolveError::Unknown(condition.to_owned()))?;
        self.truth(expression, depth)
    }

    fn truth(&self, expression: &Value, depth: usize) -> Result<bool, ResolveError> {
        let entry = expression.as_object().and_then(only_entry);
        let (name, argument) = entry.ok_or_else(|| wrong("a condition", expression))?;
        let operands = argument.as_array().map(Vec::as_slice);
        match (name, operands) {
            ("Condition", _) => {
                let name = argument
                    .as_str()
                    .ok_or_else(|| wrong("Condition", argument))?;
                self.holds(name, depth + 1)
            }
            ("Fn::Equals", Some([left, right])) => Ok(self.value(left)? == self.value(right)?),
            ("Fn::Not", Some([operand])) => Ok(!self.truth(operand, depth)?),
            ("Fn::And", Some(operands)) => all(operands, |one| self.truth(one, depth)),
            ("Fn::Or", Some(operands)) => {
                all(operands, |one| self.truth(one, depth).map(|truth| !truth)).map(|none| !none)
            }
            _ => Err(wrong("a condition", expression)),
        }
    }
}

fn all(
    operands: &[Value],
    truth: impl Fn(&Value) -> Result<bool, ResolveError>,
) -> Result<bool, ResolveError> {
    for operand in operands {
        if !truth(operand)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn only_entry(entries: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, value) = entries.iter().next()?;
    (entries.len() == 1).then_some((name.as_str(), value))
}

fn wrong(function: &'static str, argument: &Value) -> ResolveError {
    ResolveError::Arguments(function, argument.to_string())
}
