//! One condition: an operator, a key, and the values it is compared with.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::condition_key::{Cardinality, KeyDefinition, ValueKind, define};
use super::condition_value::{ValueParser, parse_bool, parse_date, parse_number};
use super::error::ValueProblem;
use super::facts::Facts;
use super::network::Network;
use super::template::{Case, Template, Variables};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    key: String,
    quantifier: Quantifier,
    absent: Absent,
    test: Test,
}

/// How many of the request's values must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    /// The key has one value.
    Only,
    All,
    Any,
}

/// What an absent key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    Holds,
    Fails,
}

/// Whether a value passes by matching one of the listed values, or by matching none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    OneOf,
    NoneOf,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Text(Sense, Case, Vec<Template>),
    Arn(Sense, Vec<Template>),
    Bool(Vec<bool>),
    Numeric(Comparison, Vec<f64>),
    Date(Comparison, Vec<OffsetDateTime>),
    Address(Sense, Vec<Network>),
    /// Whether the key must be absent.
    Null(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    NotEquals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

impl Condition {
    pub(super) fn parse(
        operator: &str,
        key: &str,
        values: &[String],
        variables: Variables,
    ) -> Result<Self, ValueProblem> {
        let unknown_operator = || ValueProblem::Operator(operator.to_owned());
        let (quantifier, name) = match operator.split_once(':') {
            None => (Quantifier::Only, operator),
            Some(("ForAllValues", name)) => (Quantifier::All, name),
            Some(("ForAnyValue", name)) => (Quantifier::Any, name),
            Some(_) => return Err(unknown_operator()),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let key_name = key.to_ascii_lowercase();
        let definition =
            define(&key_name).ok_or_else(|| ValueProblem::ConditionKey(key.to_owned()))?;
        if definition.cardinality == Cardinality::Many
            && quantifier == Quantifier::Only
            && name != "Null"
        {
            return Err(ValueProblem::SetOperatorNeeded(key.to_owned()));
        }
        let parser = ValueParser {
            operator,
            values,
            variables,
        };
        let test = parser.parse(name)?.ok_or_else(unknown_operator)?;
        if !test.goes_with(definition) {
            return Err(ValueProblem::OperatorForKey {
                operator: operator.to_owned(),
                key: key.to_owned(),
            });
        }
        if matches!(test, Test::Null(_)) && (if_exists || quantifier != Quantifier::Only) {
            return Err(unknown_operator());
        }
        let absent = match quantifier {
            _ if if_exists => Absent::Holds,
            Quantifier::All => Absent::Holds,
            Quantifier::Any => Absent::Fails,
            Quantifier::Only if test.is_negated() => Absent::Holds,
            Quantifier::Only => Absent::Fails,
        };
        Ok(Self {
            key: key_name,
            quantifier,
            absent,
            test,
        })
    }

    pub(super) fn holds(&self, facts: &Facts) -> bool {
        let values = facts.values(&self.key);
        if let Test::Null(must_be_absent) = self.test {
            return values.is_none() == must_be_absent;
        }
        let Some(values) = values else {
            return self.absent == Absent::Holds;
        };
        let mut passes = values.iter().map(|value| self.test.passes(value, facts));
        match self.quantifier {
            Quantifier::Only | Quantifier::All => passes.all(|passed| passed),
            Quantifier::Any => passes.any(|passed| passed),
        }
    }
}

impl Test {
    fn is_negated(&self) -> bool {
        match self {
            Self::Text(sense, ..) | Self::Arn(sense, _) | Self::Address(sense, _) => {
                *sense == Sense::NoneOf
            }
            Self::Numeric(comparison, _) | Self::Date(comparison, _) => {
                *comparison == Comparison::NotEquals
            }
            Self::Bool(_) | Self::Null(_) => false,
        }
    }

    fn goes_with(&self, definition: KeyDefinition) -> bool {
        match self {
            Self::Null(_) | Self::Text(..) => true,
            Self::Arn(..) => definition.kind == ValueKind::Arn,
            Self::Bool(_) => definition.kind == ValueKind::Bool,
            Self::Numeric(..) => definition.kind == ValueKind::Numeric,
            Self::Date(..) => definition.kind == ValueKind::Date,
            Self::Address(..) => definition.kind == ValueKind::Address,
        }
    }

    /// Whether one value of the request passes. A value that is not of the operator's type equals
    /// nothing.
    fn passes(&self, value: &str, facts: &Facts) -> bool {
        match self {
            Self::Text(sense, case, templates) => sense.judge(
                templates
                    .iter()
                    .filter_map(|template| template.resolve(facts))
                    .any(|pattern| pattern.matches(value, *case)),
            ),
            Self::Arn(sense, templates) => sense.judge(
                templates
                    .iter()
                    .filter_map(|template| template.resolve(facts))
                    .any(|pattern| pattern.matches_arn(value)),
            ),
            Self::Bool(expected) => {
                parse_bool(value).is_some_and(|value| expected.contains(&value))
            }
            Self::Numeric(comparison, expected) => {
                comparison.judge(parse_number(value).as_ref(), expected)
            }
            Self::Date(comparison, expected) => {
                comparison.judge(parse_date(value).as_ref(), expected)
            }
            Self::Address(sense, networks) => {
                let address: Option<IpAddr> = value.parse().ok();
                sense.judge(address.is_some_and(|a| networks.iter().any(|n| n.contains(a))))
            }
            // Judged on the key's presence, before there is a value.
            Self::Null(_) => false,
        }
    }
}

impl Sense {
    fn judge(self, matches_one: bool) -> bool {
        match self {
            Self::OneOf => matches_one,
            Self::NoneOf => !matches_one,
        }
    }
}

impl Comparison {
    fn judge<T: PartialOrd>(self, value: Option<&T>, expected: &[T]) -> bool {
        let Some(value) = value else {
            return self == Self::NotEquals;
        };
        match self {
            Self::Equals => expected.iter().any(|e| value == e),
            Self::NotEquals => expected.iter().all(|e| value != e),
            Self::LessThan => expected.iter().any(|e| value < e),
            Self::LessThanEquals => expected.iter().any(|e| value <= e),
            Self::GreaterThan => expected.iter().any(|e| value > e),
            Self::GreaterThanEquals => expected.iter().any(|e| value >= e),
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "Equals" => Some(Self::Equals),
            "NotEquals" => Some(Self::NotEquals),
            "LessThan" => Some(Self::LessThan),
            "LessThanEquals" => Some(Self::LessThanEquals),
            "GreaterThan" => Some(Self::GreaterThan),
            "GreaterThanEquals" => Some(Self::GreaterThanEquals),
            _ => None,
        }
    }
}
