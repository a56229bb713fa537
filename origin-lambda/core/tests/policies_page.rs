//! The page about the publishers' policy shows a policy, with every field there is, and explains each.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
};

use keyfront_origin_core::publisher::Publishers;
use serde_json::{Map, Value};

const PAGE: &str = include_str!("../../../docs/policies.md");

fn example() -> Value {
    let (_, rest) = PAGE.split_once("```json\n").unwrap();
    let (json, _) = rest.split_once("\n```").unwrap();
    serde_json::from_str(json).unwrap()
}

fn parse(document: &Value) -> Result<Publishers, String> {
    Publishers::parse(document.to_string().as_bytes()).map_err(|error| {
        let cause = error.source().map(ToString::to_string);
        cause.unwrap_or_else(|| error.to_string())
    })
}

/// Pointers to the objects that have fields, and not names of somebody's own.
fn objects(document: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                // Of an identity the one member says its kind.
                if !at.ends_with("/claims")
                    && !members.keys().any(|name| name == "oidc" || name == "iam")
                {
                    found.push(at.to_owned());
                }
                for (name, value) in members {
                    walk(value, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(values) => {
                for (place, value) in values.iter().enumerate() {
                    walk(value, &format!("{at}/{place}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", &mut found);
    found
}

fn members<'v>(document: &'v mut Value, at: &str) -> &'v mut Map<String, Value> {
    document.pointer_mut(at).unwrap().as_object_mut().unwrap()
}

/// The fields that the parser knows of an object, as it says them of one that it does not know.
fn known(at: &str) -> BTreeSet<String> {
    let mut document = example();
    members(&mut document, at).insert("?".to_owned(), Value::Null);
    let refusal = parse(&document).unwrap_err();
    let (_, expected) = refusal
        .split_once("expected ")
        .unwrap_or_else(|| panic!("{at}: {refusal}"));
    let quoted = expected.split('`').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

#[test]
fn the_pages_example_is_a_policy() {
    parse(&example()).unwrap();
}

#[test]
fn the_pages_example_has_every_field_of_a_policy() {
    let document = example();
    let objects = objects(&document);
    assert!(objects.len() >= 8, "{objects:?}");
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for at in &objects {
        let names = members(&mut example(), at)
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        given.entry(kind(at)).or_default().extend(names);
    }
    for at in &objects {
        let missing: Vec<_> = known(at).difference(&given[&kind(at)]).cloned().collect();
        assert!(missing.is_empty(), "{at} lacks {missing:?}");
    }
}

/// A pointer without the places in lists.
fn kind(at: &str) -> String {
    at.split('/')
        .filter(|part| part.parse::<usize>().is_err())
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn the_page_explains_every_field() {
    let document = example();
    let explained = PAGE.split("```").last().unwrap();
    for at in objects(&document) {
        for name in known(&at) {
            let named = explained.contains(&format!("`{name}`"))
                || explained.contains(&format!("\"{name}\""));
            let of_a_budget = at.ends_with("/budget");
            assert!(named || of_a_budget, "{at}/{name}");
        }
    }
}
