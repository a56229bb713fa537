//! What a condition compares: the typed values of its operator, and whether a value of the request passes.

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::condition_key::{KeyDefinition, ValueKind};
use super::facts::Facts;
use super::network::Network;
use super::template::{Case, Template};

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

impl Test {
    pub(super) fn is_negated(&self) -> bool {
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

    pub(super) fn goes_with(&self, definition: KeyDefinition) -> bool {
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
    pub(super) fn passes(&self, value: &str, facts: &Facts) -> bool {
        match self {
            Self::Text(sense, case, templates) => sense.passes(
                templates
                    .iter()
                    .filter_map(|template| template.resolve(facts))
                    .any(|pattern| pattern.matches(value, *case)),
            ),
            Self::Arn(sense, templates) => sense.passes(
                templates
                    .iter()
                    .filter_map(|template| template.resolve(facts))
                    .any(|pattern| pattern.matches_arn(value)),
            ),
            Self::Bool(expected) => {
                parse_bool(value).is_some_and(|value| expected.contains(&value))
            }
            Self::Numeric(comparison, expected) => {
                comparison.holds(parse_number(value).as_ref(), expected)
            }
            Self::Date(comparison, expected) => {
                comparison.holds(parse_date(value).as_ref(), expected)
            }
            Self::Address(sense, networks) => {
                let address: Option<IpAddr> = value.parse().ok();
                sense.passes(address.is_some_and(|a| networks.iter().any(|n| n.contains(a))))
            }
            // Decided by the key's presence, before there is a value.
            Self::Null(_) => false,
        }
    }
}

impl Sense {
    fn passes(self, matches_one: bool) -> bool {
        match self {
            Self::OneOf => matches_one,
            Self::NoneOf => !matches_one,
        }
    }
}

impl Comparison {
    fn holds<T: PartialOrd>(self, value: Option<&T>, expected: &[T]) -> bool {
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

pub(super) fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

pub(super) fn parse_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// RFC 3339, a calendar date (midnight UTC), or seconds since 1970.
pub(super) fn parse_date(text: &str) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse() {
        return OffsetDateTime::from_unix_timestamp(seconds).ok();
    }
    if let Ok(date) = time::Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Some(date.midnight().assume_utc());
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
