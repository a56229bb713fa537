//! The JSON of a policy document as it is written: one or many, strings that may be booleans or numbers.
//!
//! Unknown and repeated members are errors here; the meaning of values is not checked here.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct WirePolicy {
    pub(super) version: Option<String>,
    #[serde(rename = "Id")]
    pub(super) _id: Option<String>,
    pub(super) statement: WireStatements,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct WireStatement {
    pub(super) sid: Option<String>,
    pub(super) effect: WireEffect,
    pub(super) principal: Option<WirePrincipals>,
    pub(super) not_principal: Option<WirePrincipals>,
    pub(super) action: Option<Strings>,
    pub(super) not_action: Option<Strings>,
    pub(super) resource: Option<Strings>,
    pub(super) not_resource: Option<Strings>,
    pub(super) condition: Option<Members<Members<Strings>>>,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) enum WireEffect {
    Allow,
    Deny,
}

/// One string or a list of them; booleans and numbers count as their text.
pub(super) struct Strings(pub(super) Vec<String>);

/// One statement or a list of them.
pub(super) struct WireStatements(pub(super) Vec<WireStatement>);

/// `"*"`, or kinds of principal with their names.
pub(super) enum WirePrincipals {
    Star,
    Kinds(Members<Strings>),
}

/// The members of an object, in order, none repeated.
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringsVisitor;
        impl<'de> Visitor<'de> for StringsVisitor {
            type Value = Strings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Strings, E> {
                Ok(Strings(vec![text.to_owned()]))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Strings, E> {
                Ok(Strings(vec![value.to_string()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strings, A::Error> {
                let mut all = Vec::new();
                while let Some(Scalar(text)) = seq.next_element()? {
                    all.push(text);
                }
                Ok(Strings(all))
            }
        }
        deserializer.deserialize_any(StringsVisitor)
    }
}

/// A member of a list of strings: no further nesting.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl<'de> Deserialize<'de> for WireStatements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatementsVisitor;
        impl<'de> Visitor<'de> for StatementsVisitor {
            type Value = WireStatements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a statement or a list of statements")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WireStatements, A::Error> {
                let one = WireStatement::deserialize(MapAccessDeserializer::new(map))?;
                Ok(WireStatements(vec![one]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<WireStatements, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(WireStatements(all))
            }
        }
        deserializer.deserialize_any(StatementsVisitor)
    }
}

impl<'de> Deserialize<'de> for WirePrincipals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PrincipalsVisitor;
        impl<'de> Visitor<'de> for PrincipalsVisitor {
            type Value = WirePrincipals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"*\" or an object of principals by kind")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<WirePrincipals, E> {
                match text {
                    "*" => Ok(WirePrincipals::Star),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WirePrincipals, A::Error> {
                let members = Members::deserialize(MapAccessDeserializer::new(map))?;
                Ok(WirePrincipals::Kinds(members))
            }
        }
        deserializer.deserialize_any(PrincipalsVisitor)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
                let mut members: Vec<(String, T)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format_args!("duplicate member `{name}`")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}
