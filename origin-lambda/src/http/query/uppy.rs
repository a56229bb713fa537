//! What Uppy sends with its calls.

use std::collections::BTreeMap;

use keyfront_origin_core::uploads::UppyMetadata;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::error::Error;

/// A file as Uppy describes it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UppyFileQuery {
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
pub(in crate::http) struct UppyFile {
    pub(in crate::http) name: String,
    pub(in crate::http) media_type: Option<String>,
    pub(in crate::http) metadata: UppyMetadata,
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
pub(in crate::http) struct UppyKeyQuery {
    /// The upload's key
    pub(in crate::http) key: Option<String>,
    /// With `batch`: numbers, separated by commas
    #[serde(rename = "partNumbers")]
    pub(in crate::http) part_numbers: Option<String>,
}
