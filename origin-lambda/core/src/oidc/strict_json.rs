//! JSON that has one meaning: no object has two members of one name.
//!
//! RFC 8259 section 4 leaves it to each parser which of two members counts, so that a token, a key or a policy could
//! mean one thing to its author or to a check before us, and another to us. It has no schema of its own.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};

/// Reads a document whose objects, at every depth, have no two members of one name.
///
/// # Errors
/// Not JSON, a repeated name, or not the schema of `T`.
pub(crate) fn read<T: DeserializeOwned>(document: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice::<Unambiguous>(document)?;
    serde_json::from_slice(document)
}

/// A value that was read to its end, of which nothing is kept.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_unit<E>(self) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unambiguous, A::Error> {
        while list.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Unambiguous, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = object.next_key::<String>()? {
            if let Some(repeated) = names.replace(name) {
                return Err(A::Error::custom(format_args!(
                    "duplicate member {repeated:?}"
                )));
            }
            object.next_value::<Unambiguous>()?;
        }
        Ok(Unambiguous)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_repeated_member_is_refused_at_any_depth_and_however_it_is_spelt() {
        for document in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"":1,"":2}"#,
            r#"[0,{"b":[{"a":null,"a":null}]}]"#,
            r#"{"a":{"b":1,"b":2}}"#,
        ] {
            let refused = read::<Value>(document.as_bytes()).unwrap_err();
            assert!(
                refused.to_string().contains("duplicate member"),
                "{refused}"
            );
        }
    }

    #[test]
    fn everything_else_is_read_as_it_is() {
        let document =
            r#"{"a":[true,false,null,-1,1,1.5,"x",{}],"A":{"a":1},"b":{"a":1},"\u00e4":[]}"#;
        assert_eq!(
            read::<Value>(document.as_bytes()).unwrap(),
            serde_json::from_str::<Value>(document).unwrap()
        );
        for broken in ["", "{", "{} {}", "{\"a\":\"\\ud800\"}"] {
            assert!(read::<Value>(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
