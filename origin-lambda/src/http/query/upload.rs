//! What an upload in one request asks for, and which abandoned ones to give up.

use std::time::Duration;

use keyfront_origin_core::{caching::Caching, publish::PublishOptions};
use serde::Deserialize;
use utoipa::IntoParams;

use super::valid_prefix;
use crate::{encryption::EncryptionMode, error::Error, publisher::Overwrite, uploads};

/// Seconds after which an upload may be taken for abandoned.
const LEAST_AGE: u64 = 3600;
/// What an upload in one request asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct PublishQuery {
    /// Whether an object under the key may be replaced
    #[serde(default)]
    overwrite: bool,
    /// One of the modes the rule allows
    encryption: Option<EncryptionMode>,
    /// `no-store`, `no-cache` or `max-age=SECONDS`, no longer than the rule's own Cache-Control
    #[param(value_type = Option<String>)]
    cache_control: Option<Caching>,
}

impl From<PublishQuery> for PublishOptions {
    fn from(query: PublishQuery) -> Self {
        Self {
            overwrite: overwrite(query.overwrite),
            encryption: query.encryption,
            caching: query.cache_control,
        }
    }
}

/// Whether an upload may replace an object, from a document's or a query's truth value.
pub(in crate::http) fn overwrite(allowed: bool) -> Overwrite {
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
pub(in crate::http) struct StaleQuery {
    /// Beginning of the keys
    prefix: Option<String>,
    /// Seconds; a week unless given
    #[param(minimum = 3600)]
    older_than: Option<u64>,
}

/// A valid [`StaleQuery`].
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "StaleQuery")]
pub(in crate::http) struct StaleSelection {
    pub(in crate::http) prefix: String,
    pub(in crate::http) age: Duration,
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
