//! One of the sites that the CDN serves from the bucket below a path of its own, as far as copies depend on it.
//!
//! The fields are those of the same names in a site document. What its paths and documents may be is checked where the
//! document is made.

use keyfront_names::ObjectKey;
use keyfront_origin_core::invalidation::{Query, SiteLayout, Spellings};
use serde::{Deserialize, Serialize};

/// The site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FurtherSite {
    /// The folder of the host the site lies in, from slash to slash.
    pub path: String,
    /// What the edge puts before a viewer's path, once the site's own is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What the edge puts behind a path that ends with a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// What the edge answers for paths that name no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// The query parameters in the cache key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// Whether the edge answers every spelling of a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelling: Option<Spelling>,
    /// The site of releases that the edge serves here, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

/// The option `spelling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spelling {
    /// Every spelling but one is redirected.
    Redirect,
    /// Every spelling is answered.
    Accept,
}

impl FurtherSite {
    /// Whether its path is one, spelled as viewers' paths are.
    pub(super) fn is_valid(&self) -> bool {
        let inner = self
            .path
            .strip_prefix('/')
            .filter(|path| path.ends_with('/'));
        let key = inner.and_then(|path| ObjectKey::new(path).ok());
        key.is_some_and(|key| key.viewer_path() == self.path)
    }

    pub(super) fn layout(&self) -> SiteLayout<'_> {
        SiteLayout {
            path: Some(&self.path),
            prefix: self.prefix.as_deref(),
            index: self.index.as_deref(),
            fallback: self.fallback.as_deref(),
            query: match self.query.is_empty() {
                true => Query::Dropped,
                false => Query::InTheKey,
            },
            spellings: match self.spelling {
                Some(Spelling::Accept) => Spellings::Any,
                Some(Spelling::Redirect) | None => Spellings::One,
            },
            release: self.release.as_deref(),
        }
    }
}
