//! What an upload says for publishers only: its headers `Keyfront-File-Name` and `Keyfront-Tags`, or a document's
//! `file_name` and `tags`.
//!
//! Both headers are percent-encoded UTF-8, tags separated by commas. They are headers because addresses end
//! up in access logs.

use std::{borrow::Cow, collections::BTreeMap};

use http::HeaderMap;
use keyfront_sigv4::uri_encoding;

use crate::error::Error;

const FILE_NAME: &str = "keyfront-file-name";
const TAGS: &str = "keyfront-tags";
const MAX_FILE_NAME: usize = 255;
const MAX_TAGS: usize = 16;
const MAX_TAG: usize = 64;
const MAX_FIELDS: usize = 16;
const MAX_FIELD: usize = 512;

/// Details as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The file's name.
    pub file_name: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// A page's own texts, by name.
    pub fields: BTreeMap<String, String>,
}

impl Details {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`Error::Header`] of one that is repeated, does not decode, or is too long.
    pub fn read(headers: &HeaderMap) -> Result<Self, Error> {
        let file_name = single(headers, FILE_NAME)?
            .map(|text| decoded(FILE_NAME, text, MAX_FILE_NAME))
            .transpose()?;
        let tags = match single(headers, TAGS)? {
            None => Vec::new(),
            Some(list) => list
                .split(',')
                .map(|tag| decoded(TAGS, tag.trim(), MAX_TAG))
                .collect::<Result<_, _>>()?,
        };
        if tags.len() > MAX_TAGS {
            return Err(refuse(TAGS, "at most 16 tags are allowed"));
        }
        Ok(Self {
            file_name,
            tags,
            fields: BTreeMap::new(),
        })
    }

    /// Takes the members of a document.
    ///
    /// # Errors
    /// [`Error::UploadRefused`] of a text that is empty, too long or has control characters, and of too many tags.
    pub fn of_document(file_name: Option<String>, tags: Vec<String>) -> Result<Self, Error> {
        let refuse = |reason: &str| Err(Error::UploadRefused(reason.to_owned()));
        if file_name
            .as_deref()
            .is_some_and(|name| !is_sound(name, MAX_FILE_NAME))
        {
            return refuse("file_name is empty, over 255 bytes, or has control characters");
        }
        if tags.len() > MAX_TAGS || !tags.iter().all(|tag| is_sound(tag, MAX_TAG)) {
            return refuse(
                "at most 16 tags are allowed, each of 1 to 64 bytes without control characters",
            );
        }
        Ok(Self {
            file_name,
            tags,
            fields: BTreeMap::new(),
        })
    }

    /// The same with a page's own texts.
    ///
    /// # Errors
    /// [`Error::UploadRefused`] with the name of one that is empty, too long or has control characters, and of too many.
    pub fn with_fields(self, fields: BTreeMap<String, String>) -> Result<Self, Error> {
        if fields.len() > MAX_FIELDS {
            return Err(Error::UploadRefused(format!(
                "at most {MAX_FIELDS} metadata fields are allowed: leave out {:?} and those after it",
                fields.keys().nth(MAX_FIELDS).map_or("", String::as_str)
            )));
        }
        let sound = |(name, value): &(&String, &String)| {
            is_sound(name, MAX_TAG) && (value.is_empty() || is_sound(value, MAX_FIELD))
        };
        match fields.iter().find(|field| !sound(field)) {
            Some((name, _)) => Err(Error::UploadRefused(format!(
                "invalid metadata {name:?}: a name must have 1 to {MAX_TAG} bytes and a value at most {MAX_FIELD}, without control characters"
            ))),
            None => Ok(Self { fields, ..self }),
        }
    }
}

fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Error> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text.trim())),
        (Some(Ok(_)), Some(_)) => Err(refuse(name, "it must be sent once")),
        (Some(Err(_)), _) => Err(refuse(name, "expected percent-encoded UTF-8")),
    }
}

fn decoded(name: &'static str, text: &str, limit: usize) -> Result<String, Error> {
    let text = uri_encoding::decode(text)
        .map(Cow::into_owned)
        .map_err(|_| refuse(name, "expected percent-encoded UTF-8"))?;
    if !is_sound(&text, limit) {
        return Err(refuse(
            name,
            "it is empty, too long, or has control characters",
        ));
    }
    Ok(text)
}

fn is_sound(text: &str, limit: usize) -> bool {
    !text.is_empty() && text.len() <= limit && !text.chars().any(char::is_control)
}

fn refuse(name: &'static str, reason: &str) -> Error {
    Error::Header {
        name,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<Details, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Details::read(&map)
    }

    #[test]
    fn names_and_tags_are_decoded_once() {
        let details = read(&[
            (FILE_NAME, "J%C3%A4nner+1%2525.pdf"),
            (TAGS, "draft, a%2Cb"),
        ])
        .unwrap();
        assert_eq!(details.file_name.as_deref(), Some("J\u{e4}nner+1%25.pdf"));
        assert_eq!(details.tags, ["draft", "a,b"]);
        assert_eq!(read(&[]).unwrap(), Details::default());
    }

    #[test]
    fn details_that_do_not_decode_or_are_too_long_are_refused() {
        let long = "x".repeat(256);
        let many = vec!["t"; 17].join(",");
        for headers in [
            &[(FILE_NAME, "%ff")][..],
            &[(FILE_NAME, "a%0Ab")],
            &[(FILE_NAME, "")],
            &[(FILE_NAME, &long)],
            &[(FILE_NAME, "a"), (FILE_NAME, "b")],
            &[(TAGS, "a,,b")],
            &[(TAGS, &many)],
        ] {
            assert!(
                matches!(read(headers), Err(Error::Header { .. })),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_pages_fields_are_bounded_and_refused_by_their_names() {
        let with = |fields: &[(&str, &str)]| {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Details::default().with_fields(fields.iter().map(own).collect())
        };
        let kept = with(&[("caption", "at sea"), ("empty", "")]).unwrap();
        assert_eq!(kept.fields["caption"], "at sea");
        let (long, longer) = ("n".repeat(65), "x".repeat(513));
        for (name, value) in [
            ("caption", "a\nb"),
            ("caption", longer.as_str()),
            (long.as_str(), "x"),
            ("na\tme", "x"),
            ("", "x"),
        ] {
            let refused = with(&[(name, value)]).unwrap_err().to_string();
            assert!(refused.contains(&format!("{name:?}")), "{refused}");
        }
        let names: Vec<String> = (0..17).map(|at| format!("f{at:02}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
        assert!(with(&many[..16]).is_ok());
        let refused = with(&many).unwrap_err().to_string();
        assert!(refused.contains("f16"), "{refused}");
    }
}
