//! Which names a template's tree refers to.

use std::collections::BTreeSet;

use serde_json::Value;

/// Names of parameters, resources and pseudo parameters in `Ref`, `GetAtt`, `Sub` and `DependsOn`.
pub(crate) fn names_used(tree: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    visit(tree, &mut |key, value| match (key, value) {
        ("Ref", Value::String(name)) => drop(names.insert(name.clone())),
        ("DependsOn", value) => {
            names.extend(texts(value));
        }
        ("Fn::GetAtt", Value::Array(path)) => {
            names.extend(path.first().into_iter().flat_map(texts));
        }
        ("Fn::Sub", Value::String(template)) => {
            names.extend(substituted(template, &[]));
        }
        ("Fn::Sub", Value::Array(parts)) => {
            let local: Vec<_> = parts[1].as_object().unwrap().keys().cloned().collect();
            names.extend(substituted(parts[0].as_str().unwrap(), &local));
        }
        _ => {}
    });
    names
}

/// Names of conditions in `Fn::If`, `Condition` and in resources and outputs.
pub(crate) fn conditions_used(tree: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    visit(tree, &mut |key, value| match (key, value) {
        ("Condition", Value::String(name)) => drop(names.insert(name.clone())),
        ("Fn::If", Value::Array(parts)) => names.extend(parts.first().into_iter().flat_map(texts)),
        _ => {}
    });
    names
}

fn visit(tree: &Value, found: &mut impl FnMut(&str, &Value)) {
    match tree {
        Value::Object(entries) => {
            for (key, value) in entries {
                found(key, value);
                visit(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        _ => {}
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn substituted(template: &str, local: &[String]) -> Vec<String> {
    let names = template
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    names
        .map(|(name, _)| name.split('.').next().unwrap_or(name).to_owned())
        .filter(|name| !local.contains(name))
        .collect()
}
