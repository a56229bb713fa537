//! Query parameters, strictly: an unknown or repeated one is refused, so that a misspelt
//! `overwrite` never silently means something else.

use keyfront_names::MAX_KEY_BYTES;

use crate::{
    catalog::Cursor, encryption::EncryptionMode, error::Error, form_encoding, publish::Asked,
    publisher::Overwrite,
};

const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;
/// Each object of a detailed page costs a call to S3.
const MAX_DETAILED: u16 = 100;

/// What a listing asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) prefix: String,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: u16,
    pub(super) detail: Detail,
}

/// How much a listing tells of each object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What S3's listing has.
    Listed,
    /// Its sealed metadata as well.
    Metadata,
}

/// Reads `overwrite=true|false` and `encryption=MODE`.
pub(super) fn upload(query: Option<&str>) -> Result<Asked, Error> {
    let [overwrite, encryption] = parameters(query, ["overwrite", "encryption"])?;
    let overwrite = if switch("overwrite", overwrite.as_deref())? {
        Overwrite::Allow
    } else {
        Overwrite::Refuse
    };
    let mode = |name: String| {
        let names = EncryptionMode::ALL.map(EncryptionMode::name).join(", ");
        EncryptionMode::parse(&name)
            .ok_or_else(|| Error::Query(format!("encryption is one of {names}")))
    };
    Ok(Asked {
        overwrite,
        encryption: encryption.map(mode).transpose()?,
    })
}

fn switch(name: &str, value: Option<&str>) -> Result<bool, Error> {
    match value {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::Query(format!("{name} is true or false"))),
    }
}

/// Reads `prefix` and `older_than` (seconds, an hour at least).
pub(super) fn stale(query: Option<&str>) -> Result<(String, Option<u64>), Error> {
    let [prefix, age] = parameters(query, ["prefix", "older_than"])?;
    let age = match age.as_deref().map(str::parse) {
        None => None,
        Some(Ok(seconds @ 3600..)) => Some(seconds),
        Some(_) => {
            return Err(Error::Query(
                "older_than is a number of seconds, 3600 at least".to_owned(),
            ));
        }
    };
    Ok((prefix_of(prefix)?, age))
}

/// The beginning of some keys. One that no key has would only be told back by S3, whose XML cannot spell it.
fn prefix_of(prefix: Option<String>) -> Result<String, Error> {
    let prefix = prefix.unwrap_or_default();
    if prefix.len() > MAX_KEY_BYTES || prefix.chars().any(char::is_control) {
        return Err(Error::Query(
            "no key begins with this prefix: it is over 1024 bytes or has control characters"
                .to_owned(),
        ));
    }
    Ok(prefix)
}

/// A file as Uppy tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UppyFile {
    pub(super) file_name: String,
    pub(super) media_type: String,
    pub(super) prefix: Option<String>,
}

/// Reads `filename`, `type` and `metadata[prefix]`; of Uppy's metadata nothing else is kept.
pub(super) fn uppy_file(query: Option<&str>) -> Result<UppyFile, Error> {
    let known: Vec<_> = pairs(query)?
        .into_iter()
        .filter(|(name, _)| name == "metadata[prefix]" || !name.starts_with("metadata["))
        .collect();
    let [file_name, media_type, prefix] =
        selected(known, ["filename", "type", "metadata[prefix]"])?;
    Ok(UppyFile {
        file_name: file_name.ok_or_else(|| Error::Query("filename is missing".to_owned()))?,
        media_type: media_type.unwrap_or_default(),
        prefix,
    })
}

/// Reads `key` and `partNumbers`.
pub(super) fn uppy_parts(query: Option<&str>) -> Result<(Option<String>, Option<String>), Error> {
    let [key, numbers] = parameters(query, ["key", "partNumbers"])?;
    Ok((key, numbers))
}

/// Refuses every parameter.
pub(super) fn none(query: Option<&str>) -> Result<(), Error> {
    parameters(query, []).map(|[]| ())
}

/// Reads `prefix`, `cursor`, `limit` and `metadata=true|false`.
pub(super) fn selection(query: Option<&str>) -> Result<Selection, Error> {
    let [prefix, cursor, limit, metadata] =
        parameters(query, ["prefix", "cursor", "limit", "metadata"])?;
    let (detail, highest) = if switch("metadata", metadata.as_deref())? {
        (Detail::Metadata, MAX_DETAILED)
    } else {
        (Detail::Listed, MAX_LIMIT)
    };
    let limit = match limit {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse() {
            Ok(limit) if (1..=highest).contains(&limit) => limit,
            _ => {
                return Err(Error::Query(format!(
                    "limit is a number from 1 to {highest}"
                )));
            }
        },
    };
    Ok(Selection {
        prefix: prefix_of(prefix)?,
        cursor: cursor.as_deref().map(Cursor::parse).transpose()?,
        limit,
        detail,
    })
}

fn parameters<const N: usize>(
    query: Option<&str>,
    names: [&str; N],
) -> Result<[Option<String>; N], Error> {
    selected(pairs(query)?, names)
}

fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>, Error> {
    let pairs = query.unwrap_or_default().split('&');
    pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn selected<const N: usize>(
    pairs: Vec<(String, String)>,
    names: [&str; N],
) -> Result<[Option<String>; N], Error> {
    let mut values = [const { None }; N];
    for (name, value) in pairs {
        let Some(at) = names.iter().position(|known| *known == name) else {
            return Err(Error::Query(format!(
                "the parameter {name:?} is not known here"
            )));
        };
        if values[at].replace(value).is_some() {
            return Err(Error::Query(format!(
                "the parameter {name:?} is sent twice"
            )));
        }
    }
    Ok(values)
}

fn decoded(text: &str) -> Result<String, Error> {
    form_encoding::decode(text).map_err(|error| Error::Query(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overwrite_is_true_or_false_or_absent() {
        let overwrite = |query| upload(query).map(|asked| asked.overwrite);
        assert_eq!(overwrite(None).unwrap(), Overwrite::Refuse);
        assert_eq!(
            overwrite(Some("overwrite=false")).unwrap(),
            Overwrite::Refuse
        );
        assert_eq!(overwrite(Some("overwrite=true")).unwrap(), Overwrite::Allow);
        for query in [
            "overwrite",
            "overwrite=1",
            "Overwrite=true",
            "overwrite=true&overwrite=true",
            "x=1",
            "%zz=1",
        ] {
            assert!(
                matches!(overwrite(Some(query)), Err(Error::Query(_))),
                "{query}"
            );
        }
    }

    #[test]
    fn encryption_is_a_mode_or_absent() {
        let asked = upload(Some("encryption=envelope-kms-v2&overwrite=true")).unwrap();
        assert_eq!(asked.encryption, Some(EncryptionMode::EnvelopeKmsV2));
        assert_eq!(upload(None).unwrap().encryption, None);
        for query in ["encryption=", "encryption=AES256", "encryption=none"] {
            assert!(
                matches!(upload(Some(query)), Err(Error::Query(_))),
                "{query}"
            );
        }
    }

    #[test]
    fn selections_are_decoded_once_and_bounded() {
        let asked = selection(Some("prefix=a+b%2Fc%2B%C3%A9&limit=7")).unwrap();
        assert_eq!((asked.prefix.as_str(), asked.limit), ("a b/c+\u{e9}", 7));
        assert_eq!(selection(None).unwrap().limit, DEFAULT_LIMIT);
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=101&metadata=true",
            "metadata=1",
            "limit=",
            "cursor=x",
            "delimiter=/",
            "prefix=%ff",
            "prefix=a%14",
        ] {
            assert!(
                matches!(selection(Some(query)), Err(Error::Query(_))),
                "{query}"
            );
        }
    }
}
