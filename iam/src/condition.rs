//! One condition: an operator, a key, and the values it is compared with.

use super::condition_key::{Cardinality, define};
use super::condition_test::Test;
use super::condition_value::ValueParser;
use super::error::ValueProblem;
use super::facts::Facts;
use super::template::Variables;

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
