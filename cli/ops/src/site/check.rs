//! Everything that is wrong with a site document: its JSON, then its shape, then what the edge's own rules say of each field.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, Value as Written},
    parse_to_ast,
};
use keyfront_cloudformation::in_one_line;
use keyfront_edge::{Site, SiteError};
use serde_json::{Value, json};

use super::{problem::Problem, schema_check};

/// JSON, and nothing besides.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The document as it travels to the edge.
///
/// # Errors
/// All problems, in the order of the text.
pub(super) fn site(text: &str, schema: &str) -> Result<String, Vec<Problem>> {
    let placed = |mut problems: Vec<Problem>| {
        problems.sort_by_key(|problem| problem.at);
        let problems = problems.into_iter().map(|problem| problem.placed(text));
        Err(problems.collect())
    };
    let written = match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let what = format!("this is not JSON: {}", error.kind());
            return placed(vec![Problem::new(error.range().start, "", what)]);
        }
    };
    let Some(Written::Object(object)) = &written else {
        return placed(vec![Problem::new(0, "", "must be an object")]);
    };
    let schema: Value = match serde_json::from_str(schema) {
        Ok(schema) => schema,
        Err(error) => return placed(vec![Problem::new(0, "", error.to_string())]),
    };
    let deviations = written
        .as_ref()
        .map_or_else(Vec::new, |written| schema_check::problems(written, &schema));
    if !deviations.is_empty() {
        return placed(deviations);
    }
    let document = match serde_json::from_str::<Value>(text) {
        Ok(mut document) => {
            if let Value::Object(fields) = &mut document {
                fields.remove("$schema");
            }
            document
        }
        Err(error) => return placed(vec![Problem::new(0, "", error.to_string())]),
    };
    match refusals(object, document.clone()) {
        refused if refused.is_empty() => Ok(in_one_line(&document.to_string())),
        refused => placed(refused),
    }
}

/// What the edge refuses, field by field: one that is refused is put right before the next is looked for.
fn refusals(object: &Object<'_>, mut document: Value) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    while let Err(error) = Site::parse(in_one_line(&document.to_string()).as_bytes()) {
        let (field, what) = match &error {
            SiteError::Field { field, rule } => (*field, (*rule).to_owned()),
            SiteError::Key { field, source } => (*field, source.to_string()),
            other => {
                problems.push(Problem::new(0, "", other.to_string()));
                break;
            }
        };
        if problems.iter().any(|problem| problem.path == field) {
            break;
        }
        let property = object
            .properties
            .iter()
            .find(|one| one.name.as_str() == field);
        let at = property.map_or(object.range.start, |property| property.range.start);
        problems.push(Problem::new(at, field, what));
        put_right(&mut document, field);
    }
    problems
}

/// Gives a field a value that no rule refuses, or takes it away.
fn put_right(document: &mut Value, field: &str) {
    let Some(fields) = document.as_object_mut() else {
        return;
    };
    let valid = match field {
        "v" => json!(1),
        "bucket" => json!("bucket"),
        "region" => json!("us-east-1"),
        "style" => json!("virtual"),
        "query" => json!([]),
        "signing" => json!("sigv4"),
        // Others may need it.
        "index" => json!("index.html"),
        _ => {
            fields.remove(field);
            return;
        }
    };
    fields.insert(field.to_owned(), valid);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{super::SCHEMA, *};

    const MINIMAL: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4"}"#;

    fn said(text: &str) -> Vec<String> {
        let problems = site(text, SCHEMA).err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }

    fn with(more: &str) -> String {
        MINIMAL.replacen('{', &format!("{{{more},"), 1)
    }

    #[test]
    fn a_site_is_printed_as_the_edge_takes_it() {
        let document = with(r#""$schema":"site.schema.json","prefix":"grün/""#);
        let printed = site(&document, SCHEMA).unwrap();
        assert!(printed.contains(r#""prefix":"gr\u00fcn/""#), "{printed}");
        assert!(!printed.contains("$schema"), "{printed}");
        Site::parse(printed.as_bytes()).unwrap();
    }

    #[test]
    fn every_deviation_from_the_shape_is_told_with_its_place() {
        let text = "{\n \"v\": 2,\n \"bucket\": [],\n \"qurey\": [],\n \"style\": \"virtual\",\n \"cors\": [{\"origins\": [7], \"max_age\": \"1\"}],\n \"reader\": {\"prefix\": \"/r\"},\n \"denied_as_missing\": 1,\n \"zzz\": 1,\n \"style\": \"path\"\n}";
        assert_eq!(
            said(text),
            [
                "1:1: region is missing",
                "1:1: query is missing",
                "1:1: signing is missing",
                "2:7: v is 2; it must be 1",
                "3:12: bucket must be a text",
                "4:2: qurey is unknown; did you mean query?",
                "6:24: cors[0].origins[0] must be a text",
                "6:39: cors[0].max_age must be a whole number",
                "7:12: reader.host is missing",
                "7:12: reader.region is missing",
                "8:23: denied_as_missing must be true or false",
                "9:2: zzz is unknown",
                "10:2: style is a duplicate",
            ]
        );
    }

    #[test]
    fn every_field_that_the_edge_refuses_is_told_at_once() {
        let text = with("\n\"index\":\"a/b\",\"trailing_slash\":\"redirect\",\n\"prefix\":\"x\",\n\"cors\":[{\"origins\":[\"nowhere\"]}],\n\"region_set\":\"*\"").replace("media", "Me");
        let said = said(&text);
        assert_eq!(
            said,
            [
                "2:1: index must be a file name",
                "3:1: prefix must end with a slash",
                "4:1: cors has an origin that is not *, scheme://host[:port] or scheme://*.domain",
                "5:1: region_set is for sigv4a only",
                "5:24: bucket is not a bucket name",
            ],
            "{text}"
        );
    }

    #[test]
    fn what_is_no_json_is_told_by_its_line() {
        let cut = said("{\n \"v\": 1,\n");
        assert!(cut[0].contains("this is not JSON"), "{cut:?}");
        let comma = said("{\n \"v\": 1,\n}");
        assert_eq!(
            comma,
            ["2:8: this is not JSON: Trailing commas are not allowed"]
        );
        assert_eq!(said("[]"), ["1:1: must be an object"]);
    }

    #[test]
    fn the_schema_knows_no_field_that_the_edge_does_not() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        for name in schema["properties"].as_object().unwrap().keys() {
            let mut document: Value = serde_json::from_str(MINIMAL).unwrap();
            document[name] = json!({"of": "another shape"});
            let refused = Site::parse(document.to_string().as_bytes()).unwrap_err();
            let is_unknown = matches!(
                &refused,
                SiteError::UnknownField {
                    object: "document",
                    ..
                }
            );
            assert_eq!(is_unknown, name == "$schema", "{name}: {refused}");
        }
    }
}
