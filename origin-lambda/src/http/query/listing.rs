//! Which page of which listing is asked for: of a folder, of keys, of an object's versions and of deleted objects.

use serde::Deserialize;
use utoipa::IntoParams;

use super::valid_prefix;
use crate::error::Error;

pub(super) const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;
/// Each object of a detailed page costs a call to S3.
const MAX_DETAILED: u16 = 100;

/// Where a folder is, and which page of it is asked for. The edge alone writes `path` and `site`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct FolderQuery {
    /// The name behind which the page starts
    pub(in crate::http) after: Option<String>,
    /// `html` or `json`
    #[serde(default)]
    pub(in crate::http) format: Format,
    /// The folder's path below the site's own
    pub(in crate::http) path: String,
    /// The path of the site's own folder
    pub(in crate::http) site: String,
}

/// What a listing is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum Format {
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
pub(in crate::http) struct ListQuery {
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
pub(in crate::http) struct Selection {
    pub(in crate::http) prefix: String,
    /// Sealed.
    pub(in crate::http) cursor: Option<String>,
    pub(in crate::http) limit: u16,
    pub(in crate::http) detail: Detail,
    pub(in crate::http) depth: Depth,
}

/// What a listing has of each object besides what S3's has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::http) struct Detail {
    /// Its sealed metadata.
    pub(in crate::http) metadata: bool,
    /// A URL that reads it.
    pub(in crate::http) urls: bool,
}

/// How deep a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Depth {
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
pub(in crate::http) struct CursorQuery {
    /// `next_cursor` of the page before
    pub(in crate::http) cursor: Option<String>,
}

/// Which deleted objects a page lists.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct DeletedQuery {
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
pub(in crate::http) struct DeletedSelection {
    pub(in crate::http) prefix: String,
    /// Sealed.
    pub(in crate::http) cursor: Option<String>,
    pub(in crate::http) limit: u16,
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
