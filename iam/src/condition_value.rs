//! The operators of conditions by name, and their values by type.

use super::condition_test::{Comparison, Sense, Test, parse_bool, parse_date, parse_number};
use super::error::ValueProblem;
use super::network::Network;
use super::template::{Case, Template, Variables, Wildcards};

/// The values of one operator, on their way to being typed.
pub(super) struct ValueParser<'a> {
    pub(super) operator: &'a str,
    pub(super) values: &'a [String],
    pub(super) variables: Variables,
}

impl ValueParser<'_> {
    /// The test of the operator `name`; `None` if there is no such operator.
    pub(super) fn parse(&self, name: &str) -> Result<Option<Test>, ValueProblem> {
        use Case::{Ignored, Matters};
        use Sense::{NoneOf, OneOf};
        use Wildcards::{Honoured, Literal};
        Ok(Some(match name {
            "StringEquals" => Test::Text(OneOf, Matters, self.templates(Literal)?),
            "StringNotEquals" => Test::Text(NoneOf, Matters, self.templates(Literal)?),
            "StringEqualsIgnoreCase" => Test::Text(OneOf, Ignored, self.templates(Literal)?),
            "StringNotEqualsIgnoreCase" => Test::Text(NoneOf, Ignored, self.templates(Literal)?),
            "StringLike" => Test::Text(OneOf, Matters, self.templates(Honoured)?),
            "StringNotLike" => Test::Text(NoneOf, Matters, self.templates(Honoured)?),
            // AWS treats the two pairs alike: ArnEquals honours wildcards as well.
            "ArnEquals" | "ArnLike" => Test::Arn(OneOf, self.arns()?),
            "ArnNotEquals" | "ArnNotLike" => Test::Arn(NoneOf, self.arns()?),
            "Bool" => Test::Bool(self.typed(parse_bool)?),
            "IpAddress" => Test::Address(OneOf, self.typed(Network::parse)?),
            "NotIpAddress" => Test::Address(NoneOf, self.typed(Network::parse)?),
            "Null" => match self.typed(parse_bool)?.as_slice() {
                [must_be_absent] => Test::Null(*must_be_absent),
                _ => return Err(self.refuse(&self.values.join(","))),
            },
            other => return self.comparison(other),
        }))
    }

    /// `Numeric...` and `Date...`.
    fn comparison(&self, name: &str) -> Result<Option<Test>, ValueProblem> {
        if let Some(comparison) = name.strip_prefix("Numeric").and_then(Comparison::parse) {
            return Ok(Some(Test::Numeric(comparison, self.typed(parse_number)?)));
        }
        if let Some(comparison) = name.strip_prefix("Date").and_then(Comparison::parse) {
            return Ok(Some(Test::Date(comparison, self.typed(parse_date)?)));
        }
        Ok(None)
    }

    fn templates(&self, wildcards: Wildcards) -> Result<Vec<Template>, ValueProblem> {
        let parse = |value: &String| Template::parse(value, wildcards, self.variables);
        self.values.iter().map(parse).collect()
    }

    /// An ARN has six parts; a value with fewer could never match, unless a variable brings them.
    fn arns(&self) -> Result<Vec<Template>, ValueProblem> {
        let too_short = |value: &&String| value.split(':').count() < 6 && !value.contains("${");
        match self.values.iter().find(too_short) {
            Some(value) => Err(self.refuse(value)),
            None => self.templates(Wildcards::Honoured),
        }
    }

    fn typed<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ValueProblem> {
        let parse_one = |value: &String| parse(value).ok_or_else(|| self.refuse(value));
        self.values.iter().map(parse_one).collect()
    }

    fn refuse(&self, value: &str) -> ValueProblem {
        ValueProblem::ConditionValue {
            operator: self.operator.to_owned(),
            value: value.to_owned(),
        }
    }
}
