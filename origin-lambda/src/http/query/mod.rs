//! Query parameters, strictly: an unknown or repeated one is refused, so that a misspelt
//! `overwrite` never silently means something else.

mod listing;
mod upload;
mod uppy;

use axum::extract::{FromRequestParts, Query};
use http::{Uri, request::Parts};
use keyfront_names::MAX_KEY_BYTES;
use serde::{Deserialize, de::DeserializeOwned};

pub(super) use self::{
    listing::{
        CursorQuery, DeletedQuery, DeletedSelection, Depth, FolderQuery, Format, ListQuery,
        Selection,
    },
    upload::{PublishQuery, StaleQuery, StaleSelection, overwrite},
    uppy::{UppyFile, UppyFileQuery, UppyKeyQuery},
};
use super::refusal::Refusal;
use crate::{error::Error, form_encoding};

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

#[cfg(test)]
mod tests;
