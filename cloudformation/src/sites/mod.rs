//! The sites that one distribution serves below paths of its host, besides the template's own site: the document they are
//! written as, and what of it stands in the templates.
//!
//! ```json
//! {"v": 1, "sites": [{"path": "/docs/", "prefix": "handbook/", "index": "index.html"},
//!                    {"path": "/media/", "bucket": "media-archive", "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}]}
//! ```
//!
//! What the options of a site may be is the edge's to say, and asked of it here. Whether buckets and keys exist is not known.

mod cache_policy;
mod cors_rule;
mod document;
mod error;
mod grants;
mod pieces;
mod response_headers;
mod site_document;

use keyfront_names::{BucketName, KeyArn};

pub use self::error::SitesError;
pub(crate) use self::pieces::pieces_at;
use self::{cors_rule::CorsRule, document::Document};

/// Behaviours of the template itself: the publish endpoint's two, the reader's, the default one.
const OWN_BEHAVIOURS: usize = 4;

/// CloudFront's quota for a distribution, the default one included, in accounts that were given no other.
pub const MAX_BEHAVIOURS: usize = 25;

/// Sites in the order of their behaviours: a path before those it lies under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sites {
    entries: Vec<SiteEntry>,
}

/// One site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteEntry {
    /// From slash to slash.
    path: String,
    storage: Storage,
    /// Ends with a slash, or is empty.
    prefix: String,
    index: Option<String>,
    fallback: Option<String>,
    trailing_slash: Option<String>,
    spelling: Option<String>,
    query: Vec<String>,
    cors: Vec<CorsRule>,
    denied_as_missing: bool,
    content_security_policy: Option<String>,
}

/// Where a site's objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Storage {
    /// In the template's bucket.
    Own,
    Existing(ExistingBucket),
}

/// A bucket that is not the template's, and the key its objects are encrypted with, which is in the bucket's Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingBucket {
    /// Its name, without dots.
    pub name: BucketName,
    /// The key.
    pub key: KeyArn,
}

impl Sites {
    /// Reads and validates a document.
    ///
    /// # Errors
    /// [`SitesError`] names the first site and field that breaks a rule.
    pub fn parse(text: &str) -> Result<Self, SitesError> {
        let document: Document = serde_json::from_str(text)?;
        if document.v != 1 {
            return Err(SitesError::Version(document.v));
        }
        if document.sites.is_empty() {
            return Err(SitesError::Empty);
        }
        let mut entries: Vec<SiteEntry> = Vec::with_capacity(document.sites.len());
        for (at, entry) in document.sites.into_iter().enumerate() {
            let entry = entry.validated(at + 1)?;
            for (earlier, other) in entries.iter().enumerate() {
                entry
                    .agrees_with(other)
                    .map_err(|(field, rule)| SitesError::Pair {
                        first: earlier + 1,
                        second: at + 1,
                        field,
                        rule,
                    })?;
            }
            entries.push(entry);
        }
        entries.sort_by(|one, other| {
            let depth = |entry: &SiteEntry| entry.path.matches('/').count();
            depth(other)
                .cmp(&depth(one))
                .then(one.path.cmp(&other.path))
        });
        let sites = Self { entries };
        match sites.behaviours() {
            many if many > MAX_BEHAVIOURS => Err(SitesError::TooMany(many)),
            _ => Ok(sites),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The paths, in the order of the behaviours.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.path.as_str())
    }

    /// Each bucket that is not the template's, once, by name.
    pub fn existing_buckets(&self) -> Vec<&ExistingBucket> {
        let mut buckets: Vec<_> = self
            .entries
            .iter()
            .filter_map(SiteEntry::existing)
            .collect();
        buckets.sort_by_key(|bucket| bucket.name.as_str());
        buckets.dedup();
        buckets
    }

    /// The same sites with other keys, for a stack that has keys of its own.
    #[must_use]
    pub fn with_keys(mut self, key: impl Fn(&ExistingBucket) -> KeyArn) -> Self {
        for entry in &mut self.entries {
            if let Storage::Existing(bucket) = &mut entry.storage {
                bucket.key = key(bucket);
            }
        }
        self
    }

    fn behaviours(&self) -> usize {
        let of_sites = self.entries.iter().map(|entry| entry.patterns().count());
        OWN_BEHAVIOURS + of_sites.sum::<usize>()
    }
}

impl SiteEntry {
    /// The path patterns of its behaviours. Its own folder without the slash is the host's site's, unless this one
    /// redirects it.
    fn patterns(&self) -> impl Iterator<Item = String> {
        let folder = self.trailing_slash.as_ref();
        let folder = folder.map(|_| self.path.trim_end_matches('/').to_owned());
        folder.into_iter().chain([format!("{}*", self.path)])
    }

    const fn existing(&self) -> Option<&ExistingBucket> {
        match &self.storage {
            Storage::Own => None,
            Storage::Existing(bucket) => Some(bucket),
        }
    }

    fn agrees_with(&self, other: &Self) -> Result<(), (&'static str, &'static str)> {
        if self.path == other.path {
            return Err(("path", "is the same; give each site a path of its own"));
        }
        match (self.existing(), other.existing()) {
            (Some(one), Some(two)) if one.name == two.name && one.key != two.key => Err((
                "key_arn",
                "differs although the bucket is the same; give the bucket's default key in both",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
