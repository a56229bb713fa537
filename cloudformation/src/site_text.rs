//! A site document as it travels to the edge: in one line of printable ASCII, which is what a header's value is.

/// The same JSON without white space between its parts and with escapes for all but printable ASCII. Works on the text, so
/// that a field which is written twice still is; what is not JSON comes out as no JSON either.
#[must_use]
pub fn in_one_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for character in json.chars() {
        if !in_text && matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        if character == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = character == '\\' && !escaped;
        append(&mut line, character, in_text);
    }
    line
}

fn append(line: &mut String, character: char, in_text: bool) {
    // A control character is no JSON, within a text or without, and stays what it is.
    if matches!(character, ' '..='~') || character.is_ascii_control() || !in_text {
        line.push(character);
        return;
    }
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        line.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

    use super::in_one_line;

    #[test]
    fn a_document_over_several_lines_says_the_same_in_one() {
        let written = "{\n  \"a b\": [1, 2,\r\n\t3],\n  \"c\\\\\": \"x \\\" y\", \"d\": \"gr\u{fc}n \u{1f600}/\"\n}\n";
        let line = in_one_line(written);
        assert_eq!(
            line,
            r#"{"a b":[1,2,3],"c\\":"x \" y","d":"gr\u00fcn \ud83d\ude00/"}"#
        );
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&line), read(written));
    }

    #[test]
    fn what_is_wrong_with_a_document_is_still_wrong_in_one_line() {
        assert_eq!(in_one_line("{\"v\": 1, \"v\": 2}"), r#"{"v":1,"v":2}"#);
        for broken in ["{\u{e9}}", "{\"a\nb\": 1}", "", "{"] {
            let line = in_one_line(broken);
            assert!(serde_json::from_str::<Value>(&line).is_err(), "{line:?}");
        }
    }
}
