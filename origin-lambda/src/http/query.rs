//! Query parameters, strictly: an unknown or repeated one is refused, so that a misspelt
//! `overwrite` never silently means something else.

use std::{collections::BTreeMap, time::Duration};

use axum::extract::{FromRequestParts, Query};
use http::{Uri, request::Parts};
use keyfront_names::MAX_KEY_BYTES;
use keyfront_origin_core::{publish::PublishOptions, uploads::UppyMetadata};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::IntoParams;

use super::refusal::Refusal;
use crate::{
    encryption::EncryptionMode, error::Error, form_encoding, publisher::Overwrite, uploads,
};

const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;
/// Each object of a detailed page costs a call to S3.
const MAX_DETAILED: u16 = 100;
/// Seconds after which an upload may be taken for abandoned.
const LEAST_AGE: u64 = 3600;

/// The parameters of a request; `T` denies unknown ones.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(read(&parts.uri)?))
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, Error> {
    // What is not UTF-8 would be replaced, not refused.
    form_encoding::decode(uri.query().unwrap_or_default())
        .map_err(|error| Error::Query(error.to_string()))?;
    let Query(parameters) =
        Query::try_from_uri(uri).map_err(|error| Error::Query(error.body_text()))?;
    Ok(parameters)
}

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// What an upload in one request asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PublishQuery {
    /// Whether an object under the key may be replaced
    #[serde(default)]
    overwrite: bool,
    /// One of the modes the rule allows
    encryption: Option<EncryptionMode>,
}

impl From<PublishQuery> for PublishOptions {
    fn from(query: PublishQuery) -> Self {
        Self {
            overwrite: overwrite(query.overwrite),
            encryption: query.encryption,
        }
    }
}

/// Whether an upload may replace an object, from a document's or a query's truth value.
pub(super) fn overwrite(allowed: bool) -> Overwrite {
    if allowed {
        Overwrite::Allow
    } else {
        Overwrite::Refuse
    }
}

/// Which abandoned uploads to give up.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StaleQuery {
    /// Beginning of the keys
    prefix: Option<String>,
    /// Seconds; a week unless given
    #[param(minimum = 3600)]
    older_than: Option<u64>,
}

/// A valid [`StaleQuery`].
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "StaleQuery")]
pub(super) struct StaleSelection {
    pub(super) prefix: String,
    pub(super) age: Duration,
}

impl TryFrom<StaleQuery> for StaleSelection {
    type Error = Error;

    fn try_from(query: StaleQuery) -> Result<Self, Error> {
        let age = match query.older_than {
            None => uploads::STALE,
            Some(seconds @ LEAST_AGE..) => Duration::from_secs(seconds),
            Some(_) => {
                return Err(Error::Query(format!(
                    "older_than must be at least {LEAST_AGE} seconds"
                )));
            }
        };
        Ok(Self {
            prefix: valid_prefix(query.prefix)?,
            age,
        })
    }
}

/// The beginning of some keys. One that no key has would only come back from S3, whose XML cannot spell it.
fn valid_prefix(prefix: Option<String>) -> Result<String, Error> {
    let prefix = prefix.unwrap_or_default();
    if prefix.len() > MAX_KEY_BYTES || prefix.chars().any(char::is_control) {
        return Err(Error::Query(
            "invalid prefix: it is over 1024 bytes or has control characters".to_owned(),
        ));
    }
    Ok(prefix)
}

/// A file as Uppy describes it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UppyFileQuery {
    /// The file's name
    filename: String,
    /// Its media type
    #[serde(rename = "type")]
    media_type: Option<String>,
    /// The folder
    #[serde(rename = "metadata[prefix]")]
    prefix: Option<String>,
    /// Bytes of the file
    #[serde(rename = "metadata[size]")]
    size: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    others: BTreeMap<String, String>,
}

/// A valid [`UppyFileQuery`].
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "UppyFileQuery")]
pub(super) struct UppyFile {
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) metadata: UppyMetadata,
}

impl TryFrom<UppyFileQuery> for UppyFile {
    type Error = Error;

    fn try_from(query: UppyFileQuery) -> Result<Self, Error> {
        let mut metadata = BTreeMap::new();
        let named = [("prefix", query.prefix), ("size", query.size)];
        let named = named.map(|(name, value)| value.map(|value| (name.to_owned(), value)));
        metadata.extend(named.into_iter().flatten());
        for (parameter, value) in query.others {
            let name = parameter.strip_prefix("metadata[");
            let Some(name) = name.and_then(|name| name.strip_suffix(']')) else {
                return Err(Error::Query(format!("unknown parameter {parameter:?}")));
            };
            metadata.insert(name.to_owned(), value);
        }
        // URLSearchParams writes what is not there as a word.
        let absent = |value: &str| matches!(value, "null" | "undefined");
        let metadata = metadata.into_iter().map(|(name, value)| match value {
            value if absent(&value) => (name, Value::Null),
            value => (name, Value::String(value)),
        });
        Ok(Self {
            name: query.filename,
            media_type: query.media_type,
            metadata: UppyMetadata::read(metadata.collect())?,
        })
    }
}

/// The key that Uppy repeats with every call about an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UppyKeyQuery {
    /// The upload's key
    pub(super) key: Option<String>,
    /// With `batch`: numbers, separated by commas
    #[serde(rename = "partNumbers")]
    pub(super) part_numbers: Option<String>,
}

/// Where a folder is, and which page of it is asked for. The edge alone writes `path` and `site`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FolderQuery {
    /// The name behind which the page starts
    pub(super) after: Option<String>,
    /// `html` or `json`
    #[serde(default)]
    pub(super) format: Format,
    /// The folder's path below the site's own
    pub(super) path: String,
    /// The path of the site's own folder
    pub(super) site: String,
}

/// What a listing is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A page for people.
    #[default]
    Html,
    /// For programs.
    Json,
}

/// What a listing selects.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Beginning of the keys
    prefix: Option<String>,
    /// `next_cursor` of the page before
    cursor: Option<String>,
    /// Objects a page; 100 at most with metadata or URLs
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Whether to open sealed metadata
    #[serde(default)]
    metadata: bool,
    /// Whether to return a URL for each object that may be read
    #[serde(default)]
    urls: bool,
    /// Whether to list what lies directly in the folder of this prefix, with its folders
    #[serde(default)]
    folders: bool,
}

/// A valid [`ListQuery`].
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ListQuery")]
pub(super) struct Selection {
    pub(super) prefix: String,
    /// Sealed.
    pub(super) cursor: Option<String>,
    pub(super) limit: u16,
    pub(super) detail: Detail,
    pub(super) depth: Depth,
}

/// What a listing has of each object besides what S3's has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Detail {
    /// Its sealed metadata.
    pub(super) metadata: bool,
    /// A URL that reads it.
    pub(super) urls: bool,
}

/// How deep a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every key with the prefix.
    All,
    /// What lies directly in the folder.
    Folder,
}

impl TryFrom<ListQuery> for Selection {
    type Error = Error;

    fn try_from(query: ListQuery) -> Result<Self, Error> {
        let detail = Detail {
            metadata: query.metadata,
            urls: query.urls,
        };
        let highest = match detail == Detail::default() {
            true => MAX_LIMIT,
            false => MAX_DETAILED,
        };
        Ok(Self {
            prefix: valid_prefix(query.prefix)?,
            cursor: query.cursor,
            limit: valid_limit(query.limit, highest)?,
            detail,
            depth: match query.folders {
                true => Depth::Folder,
                false => Depth::All,
            },
        })
    }
}

fn valid_limit(limit: Option<u16>, highest: u16) -> Result<u16, Error> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    match (1..=highest).contains(&limit) {
        true => Ok(limit),
        false => Err(Error::Query(format!(
            "limit must be a number from 1 to {highest}"
        ))),
    }
}

/// Where a page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CursorQuery {
    /// `next_cursor` of the page before
    pub(super) cursor: Option<String>,
}

/// Which deleted objects a page lists.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeletedQuery {
    /// Beginning of the keys
    prefix: Option<String>,
    /// `next_cursor` of the page before
    cursor: Option<String>,
    /// Objects a page
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// A valid [`DeletedQuery`].
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "DeletedQuery")]
pub(super) struct DeletedSelection {
    pub(super) prefix: String,
    /// Sealed.
    pub(super) cursor: Option<String>,
    pub(super) limit: u16,
}

impl TryFrom<DeletedQuery> for DeletedSelection {
    type Error = Error;

    fn try_from(query: DeletedQuery) -> Result<Self, Error> {
        Ok(Self {
            prefix: valid_prefix(query.prefix)?,
            cursor: query.cursor,
            limit: valid_limit(query.limit, MAX_LIMIT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
        // A raw query is never part of a path.
        read(&Uri::try_from(format!("/?{query}")).unwrap())
    }

    fn upload(query: &str) -> Result<PublishOptions, Error> {
        of::<PublishQuery>(query).map(PublishOptions::from)
    }

    fn selection(query: &str) -> Result<Selection, Error> {
        of(query)
    }

    #[test]
    fn overwrite_is_true_or_false_or_absent() {
        let overwrite = |query| upload(query).map(|options| options.overwrite);
        assert_eq!(overwrite("").unwrap(), Overwrite::Refuse);
        assert_eq!(overwrite("overwrite=false").unwrap(), Overwrite::Refuse);
        assert_eq!(overwrite("overwrite=true").unwrap(), Overwrite::Allow);
        for query in [
            "overwrite",
            "overwrite=1",
            "Overwrite=true",
            "overwrite=true&overwrite=true",
            "x=1",
            "%zz=1",
        ] {
            assert!(matches!(overwrite(query), Err(Error::Query(_))), "{query}");
        }
    }

    #[test]
    fn encryption_is_a_mode_or_absent() {
        let options = upload("encryption=envelope-kms-v2&overwrite=true").unwrap();
        assert_eq!(options.encryption, Some(EncryptionMode::EnvelopeKmsV2));
        assert_eq!(upload("").unwrap().encryption, None);
        for query in ["encryption=", "encryption=AES256", "encryption=none"] {
            assert!(matches!(upload(query), Err(Error::Query(_))), "{query}");
        }
    }

    #[test]
    fn selections_are_decoded_once_and_bounded() {
        let selected = selection("prefix=a+b%2Fc%2B%C3%A9&limit=7").unwrap();
        assert_eq!(
            (selected.prefix.as_str(), selected.limit),
            ("a b/c+\u{e9}", 7)
        );
        assert_eq!(selection("").unwrap().limit, DEFAULT_LIMIT);
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=101&metadata=true",
            "metadata=1",
            "limit=",
            "delimiter=/",
            "prefix=%ff",
            "prefix=a%14",
            "prefix=a&prefix=b",
        ] {
            assert!(matches!(selection(query), Err(Error::Query(_))), "{query}");
        }
    }

    #[test]
    fn uppys_metadata_is_read_and_everything_else_known_once() {
        let file = of::<UppyFile>;
        let named = file(
            "filename=a+b.png&metadata[prefix]=img/&metadata[size]=7&metadata[x]=1&metadata[y]=null",
        )
        .unwrap();
        assert_eq!(named.name, "a b.png");
        let UppyMetadata {
            folder,
            size,
            part_size,
            fields,
        } = named.metadata;
        assert_eq!(
            (folder.as_deref(), size, part_size),
            (Some("img/"), Some(7), None)
        );
        assert_eq!(fields, BTreeMap::from([("x".to_owned(), "1".to_owned())]));
        for query in [
            "",
            "type=image/png",
            "filename=a&filename=b",
            "filename=a&size=1",
        ] {
            assert!(matches!(file(query), Err(Error::Query(_))), "{query}");
        }
        assert!(of::<NoParameters>("").is_ok() && of::<NoParameters>("a=1").is_err());
    }

    #[test]
    fn old_enough_is_an_hour_at_least() {
        let stale = of::<StaleSelection>;
        assert_eq!(stale("").unwrap().age, uploads::STALE);
        assert_eq!(
            stale("older_than=3600&prefix=a").unwrap().age.as_secs(),
            3600
        );
        for query in ["older_than=3599", "older_than=x", "older_than=-1"] {
            assert!(matches!(stale(query), Err(Error::Query(_))), "{query}");
        }
    }
}
