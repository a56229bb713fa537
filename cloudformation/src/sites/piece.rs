//! A text of `fragments/sites`, with places for values.

use serde_json::Value;

/// The text of a piece.
macro_rules! piece {
    ($name:literal) => {
        include_str!(concat!("../../fragments/sites/", $name, ".yaml"))
    };
}
pub(super) use piece;

/// A text with places for values: `%name%`.
pub(crate) struct Piece {
    pub(crate) text: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Piece {
    pub(super) fn new<const N: usize>(
        text: &'static str,
        values: [(&'static str, String); N],
    ) -> Self {
        let values = values.into();
        Self { text, values }
    }

    /// A line of the text with its values. What a value holds is not looked at again.
    pub(crate) fn filled(&self, line: &str) -> String {
        let mut filled = String::new();
        let mut rest = line;
        while let Some((before, name, after)) = next_place(rest) {
            let value = self.values.iter().find(|(known, _)| *known == name);
            filled.push_str(before);
            match value {
                Some((_, value)) => filled.push_str(value),
                None => filled.push_str(&format!("%{name}%")),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('%')?;
    let (name, after) = rest.split_once('%')?;
    Some((before, name, after))
}

/// A value as YAML, which JSON is.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
