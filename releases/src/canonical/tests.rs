use serde_json::Value;

use super::*;

/// Every text of RFC 8785's samples (sections 3.2.2 and 3.2.3) and of its author's test data, and how it must be spelt.
#[test]
fn texts_are_spelt_as_rfc_8785_spells_them() {
    let vectors: [(&str, &str); 12] = [
        (
            r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#,
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
        ),
        (r#""\u20ac""#, "\"\u{20ac}\""),
        (r#""\r""#, r#""\r""#),
        (r#""\u000a""#, r#""\n""#),
        (r#""\u0080""#, "\"\u{80}\""),
        (r#""Control\u007f""#, "\"Control\u{7f}\""),
        (r#""\ud83d\ude02""#, "\"\u{1f602}\""),
        (r#""\u00f6""#, "\"\u{f6}\""),
        (r#""\ufb33""#, "\"\u{fb33}\""),
        (r#""</script>""#, r#""</script>""#),
        (r#""A\u030a""#, "\"A\u{30a}\""),
        (r#""\u0008\u000c\u0009\u001F""#, r#""\b\f\t\u001f""#),
    ];
    for (input, expected) in vectors {
        let text: String = serde_json::from_str(input).unwrap();
        assert_eq!(String::from_utf8(to_bytes(&text)).unwrap(), expected);
        assert_eq!(demand(&text, expected.as_bytes()), Ok(()));
        if input != expected {
            assert!(demand(&text, input.as_bytes()).is_err());
        }
    }
}

#[test]
fn integers_up_to_2_53_are_spelt_as_rfc_8785_spells_them() {
    for number in [0, 1, 56, 1_000_000, MAX_INTEGER] {
        let oracle = serde_json_canonicalizer::to_vec(&number).unwrap();
        assert_eq!(to_bytes(&number), oracle);
    }
}

#[test]
fn another_spelling_is_found_where_it_begins() {
    let value: Value = serde_json::from_str(r#"{"a":1,"b":[2,3]}"#).unwrap();
    assert_eq!(demand(&value, br#"{"a":1,"b":[2,3]}"#), Ok(()));
    assert_eq!(
        demand(&value, br#"{"a":1, "b":[2,3]}"#),
        Err(NotCanonical { at: 7 })
    );
    assert_eq!(
        demand(&value, br#"{"a":1,"b":[2,3]} "#),
        Err(NotCanonical { at: 17 })
    );
}
