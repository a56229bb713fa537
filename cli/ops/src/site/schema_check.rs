//! Whether a document has the shape that a schema says: the part of JSON Schema that `docs/site.schema.json` is written in (types,
//! enumerations, properties, items), with every deviation instead of the first, and each by its place.

use jsonc_parser::ast::Value as Written;
use serde_json::Value;

use super::problem::Problem;

/// Everything in which `written` deviates from `schema`.
pub(super) fn problems(written: &Written<'_>, schema: &Value) -> Vec<Problem> {
    let mut found = Vec::new();
    compare(written, schema, "", &mut found);
    found
}

fn compare(written: &Written<'_>, schema: &Value, path: &str, found: &mut Vec<Problem>) {
    let at = start(written);
    let kind = schema["type"].as_str().unwrap_or_default();
    match (kind, written) {
        ("object", Written::Object(object)) => object_problems(object, schema, path, found),
        ("array", Written::Array(array)) => {
            for (index, element) in array.elements.iter().enumerate() {
                compare(
                    element,
                    &schema["items"],
                    &format!("{path}[{index}]"),
                    found,
                );
            }
        }
        ("string", Written::StringLit(text)) => {
            one_of(schema, &Value::from(&*text.value), at, path, found);
        }
        ("integer", Written::NumberLit(number)) => match number.value.parse::<u32>() {
            Ok(number) => one_of(schema, &Value::from(number), at, path, found),
            Err(_) => found.push(Problem::new(at, path, "must be a whole number")),
        },
        ("boolean", Written::BooleanLit(_)) => {}
        _ => found.push(Problem::new(
            at,
            path,
            format!("must be {}", in_words(kind)),
        )),
    }
}

fn one_of(schema: &Value, value: &Value, at: usize, path: &str, found: &mut Vec<Problem>) {
    let Some(allowed) = schema["enum"].as_array() else {
        return;
    };
    if !allowed.contains(value) {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let what = format!("is {value}; it must be {}", allowed.join(" or "));
        found.push(Problem::new(at, path, what));
    }
}

fn object_problems(
    object: &jsonc_parser::ast::Object<'_>,
    schema: &Value,
    path: &str,
    found: &mut Vec<Problem>,
) {
    let known = schema["properties"].as_object();
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let required = schema["required"].as_array().into_iter().flatten();
    let mut missing: Vec<&str> = required.filter_map(Value::as_str).collect();
    let mut seen: Vec<&str> = Vec::new();
    for property in &object.properties {
        let name = property.name.as_str();
        let at = property.range.start;
        if seen.contains(&name) {
            found.push(Problem::new(at, below(name), "is a duplicate"));
            continue;
        }
        seen.push(name);
        let Some(schema) = known.and_then(|known| known.get(name)) else {
            found.push(Problem::new(at, below(name), unknown(name, known)));
            continue;
        };
        // `null` is as if the field were not there.
        if !matches!(property.value, Written::NullKeyword(_)) {
            missing.retain(|one| *one != name);
            compare(&property.value, schema, &below(name), found);
        }
    }
    for name in missing {
        found.push(Problem::new(object.range.start, below(name), "is missing"));
    }
}

/// What is said of a name that is none, with the one that was meant if there is one like it.
fn unknown(name: &str, known: Option<&serde_json::Map<String, Value>>) -> String {
    let names = known.into_iter().flat_map(serde_json::Map::keys);
    let alike = |known: &&String| similar::TextDiff::from_chars(name, known.as_str()).ratio() > 0.7;
    match names.filter(|name| *name != "$schema").find(alike) {
        Some(meant) => format!("is unknown; did you mean {meant}?"),
        None => "is unknown".to_owned(),
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "object" => "an object",
        "array" => "a list",
        "integer" => "a whole number",
        "boolean" => "true or false",
        _ => "a text",
    }
}

/// Where a value begins.
fn start(written: &Written<'_>) -> usize {
    match written {
        Written::StringLit(value) => value.range.start,
        Written::NumberLit(value) => value.range.start,
        Written::BooleanLit(value) => value.range.start,
        Written::Object(value) => value.range.start,
        Written::Array(value) => value.range.start,
        Written::NullKeyword(value) => value.range.start,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::SCHEMA;

    /// The keywords that [`super::problems`] reads, and those that say nothing about a document.
    const READ: [&str; 5] = ["type", "enum", "properties", "items", "required"];
    const ABOUT: [&str; 3] = ["$schema", "title", "description"];

    fn keywords<'s>(schema: &'s Value, found: &mut Vec<(&'s str, &'s Value)>) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            found.push((keyword, value));
            match keyword.as_str() {
                "properties" => {
                    let fields = value.as_object().into_iter().flatten();
                    fields.for_each(|(_, schema)| keywords(schema, found));
                }
                "items" => keywords(value, found),
                _ => {}
            }
        }
    }

    #[test]
    fn the_schema_has_no_keyword_that_is_not_read() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
        let mut found = Vec::new();
        keywords(&schema, &mut found);
        assert!(found.len() > 20);
        for (keyword, value) in found {
            let strict = keyword == "additionalProperties" && *value == Value::Bool(false);
            let known = READ.contains(&keyword) || ABOUT.contains(&keyword);
            assert!(known || strict, "{keyword}: {value}");
        }
    }
}
