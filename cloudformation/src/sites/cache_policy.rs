//! The cache policies of the sites: one for each combination of what is in the key, since an account has 20 of them.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{all::Sites, entry::SiteEntry};

/// What the logical ids of the sites' cache policies begin with; a digest follows.
pub(super) const CACHE_POLICIES: &str = "SitesCache";

/// What is in the cache key besides the path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CachePolicy {
    query: Vec<String>,
    origin: OriginHeader,
}

/// Whether cross-origin answers depend on who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OriginHeader {
    Ignored,
    InTheKey,
}

impl CachePolicy {
    pub(super) fn of(entry: &SiteEntry) -> Self {
        let mut query = entry.query.clone();
        query.sort_unstable();
        Self {
            query,
            origin: match entry.cors.is_empty() {
                true => OriginHeader::Ignored,
                false => OriginHeader::InTheKey,
            },
        }
    }

    /// All that the sites need, each once.
    pub(super) fn all(sites: &Sites) -> Vec<Self> {
        let mut all: Vec<_> = sites.entries.iter().map(Self::of).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Of its content: another key is another policy, so that a distribution changes to it at once.
    pub(super) fn digest(&self) -> String {
        digest(&format!("{:?} {:?}", self.query, self.origin))
    }

    pub(super) fn logical_id(&self) -> String {
        format!("{CACHE_POLICIES}{}", self.digest())
    }

    pub(super) fn headers_config(&self) -> &'static str {
        match self.origin {
            OriginHeader::Ignored => "{HeaderBehavior: none}",
            OriginHeader::InTheKey => {
                "{HeaderBehavior: whitelist, Headers: [Origin, Access-Control-Request-Method, Access-Control-Request-Headers]}"
            }
        }
    }

    pub(super) fn query_strings_config(&self) -> String {
        match self.query.is_empty() {
            true => "{QueryStringBehavior: none}".to_owned(),
            false => format!(
                "{{QueryStringBehavior: whitelist, QueryStrings: {}}}",
                Value::from(self.query.as_slice())
            ),
        }
    }
}

/// Eight digits that name a content.
pub(super) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    let digits = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    digits.collect()
}
