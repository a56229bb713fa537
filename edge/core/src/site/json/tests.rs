use proptest::prelude::*;

use super::{NotJson, Value, read};

fn as_serde(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(values) => values.iter().map(as_serde).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), as_serde(value)))
            .collect(),
    }
}

#[test]
fn escapes_mean_what_json_says() {
    let text = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#;
    assert_eq!(
        read(text),
        Ok(Value::Text("\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}".into()))
    );
}

#[test]
fn a_field_written_twice_is_refused() {
    assert_eq!(
        read(r#"{"a":1,"\u0061":2}"#),
        Err(NotJson("has a duplicate field"))
    );
}

#[test]
fn what_is_not_one_value_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "1 2",
        "{}x",
        "nul",
        "truee",
        "01",
        "-1",
        "1.5",
        "1e3",
        "4294967296",
        "\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u12\"",
        "\"\n\"",
        "{1:2}",
        "[1 2]",
        "'a'",
        "[[[[[[[[[[1]]]]]]]]]]",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_an_independent_reader_reads(text in r#"[\[\]{}",:\\ua-f0-9tr ]{0,40}"#) {
        if let Ok(value) = read(&text) {
            let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(as_serde(&value), theirs);
        }
    }

    #[test]
    fn every_string_an_independent_writer_writes_is_read_back(text in ".*") {
        let written = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(read(&written), Ok(Value::Text(text)));
    }
}
