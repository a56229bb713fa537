//! A file's metadata as Uppy sends it: what the upload is planned with, and what is sealed with the object.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;

/// The metadata of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UppyMetadata {
    /// `prefix`: the folder.
    pub folder: Option<String>,
    /// `size`: bytes of the file.
    pub size: Option<u64>,
    /// `part_size`: bytes of a part, where the page chose another than Uppy does.
    pub part_size: Option<u64>,
    /// The page's own, as texts.
    pub fields: BTreeMap<String, String>,
}

impl UppyMetadata {
    /// Reads what came beside the file's name and type. What is `null` is not there.
    ///
    /// # Errors
    /// [`Error::UploadRefused`] with the name of a value that is no text, number or truth value, or not the number it
    /// must be.
    pub fn read(metadata: BTreeMap<String, Value>) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in metadata {
            let Some(text) = text(&name, value)? else {
                continue;
            };
            match name.as_str() {
                "prefix" => read.folder = Some(text),
                "size" => read.size = Some(bytes(&name, &text)?),
                "part_size" => read.part_size = Some(bytes(&name, &text)?),
                _ => {
                    read.fields.insert(name, text);
                }
            }
        }
        Ok(read)
    }
}

fn text(name: &str, value: Value) -> Result<Option<String>, Error> {
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => {
            return Err(refuse(
                name,
                "expected a text, number or boolean; remove it from allowedMetaFields",
            ));
        }
    })
}

fn bytes(name: &str, text: &str) -> Result<u64, Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| refuse(name, "expected a number of bytes"))
}

fn refuse(name: &str, reason: &str) -> Error {
    Error::UploadRefused(format!("invalid metadata {name:?}: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(metadata: Value) -> Result<UppyMetadata, Error> {
        UppyMetadata::read(serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn what_plans_the_upload_is_told_from_what_is_the_pages_own() {
        let metadata = read(json!({
            "prefix": "img/", "size": 12, "part_size": "5242880",
            "caption": "a \u{e9}", "rating": 4.5, "draft": true, "relativePath": null,
        }))
        .unwrap();
        assert_eq!(metadata.folder.as_deref(), Some("img/"));
        assert_eq!(
            (metadata.size, metadata.part_size),
            (Some(12), Some(5 << 20))
        );
        let fields = [
            ("caption", "a \u{e9}"),
            ("draft", "true"),
            ("rating", "4.5"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(metadata.fields, BTreeMap::from(fields));
    }

    #[test]
    fn null_is_no_text() {
        let nothing = json!({"prefix": null, "size": null, "part_size": null, "caption": null});
        assert_eq!(read(nothing).unwrap(), UppyMetadata::default());
    }

    #[test]
    fn what_is_no_text_or_no_number_is_refused_by_its_name() {
        for (name, value) in [
            ("people", json!(["a"])),
            ("place", json!({"x": 1})),
            ("size", json!("12 bytes")),
            ("size", json!(-1)),
            ("size", json!(1.5)),
            ("size", json!("")),
            ("part_size", json!("+5")),
        ] {
            let refused = read(json!({name: value})).unwrap_err();
            assert!(
                refused.to_string().contains(&format!("{name:?}")),
                "{refused}"
            );
        }
    }
}
