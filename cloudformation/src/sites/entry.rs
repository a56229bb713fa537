//! One site as it was validated: its path, where its objects are, its options.

use keyfront_names::{BucketName, KeyArn};

use super::cors_rule::CorsRule;

/// One site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteEntry {
    /// From slash to slash.
    pub(super) path: String,
    pub(super) storage: Storage,
    /// Ends with a slash, or is empty.
    pub(super) prefix: String,
    pub(super) index: Option<String>,
    pub(super) fallback: Option<String>,
    pub(super) trailing_slash: Option<String>,
    pub(super) slashes: Option<String>,
    pub(super) spelling: Option<String>,
    pub(super) query: Vec<String>,
    pub(super) cors: Vec<CorsRule>,
    pub(super) denied_as_missing: bool,
    pub(super) customer_keys: bool,
    pub(super) content_security_policy: Option<String>,
    /// The name of its releases in the template's bucket.
    pub(super) release: Option<String>,
}

/// Where a site's objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Storage {
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

impl SiteEntry {
    /// The path patterns of its behaviours. Its own folder without the slash is the host's site's, unless this one
    /// redirects it.
    pub(super) fn patterns(&self) -> impl Iterator<Item = String> {
        let folder = self.trailing_slash.as_ref();
        let folder = folder.map(|_| self.path.trim_end_matches('/').to_owned());
        folder.into_iter().chain([format!("{}*", self.path)])
    }

    pub(super) const fn existing(&self) -> Option<&ExistingBucket> {
        match &self.storage {
            Storage::Own => None,
            Storage::Existing(bucket) => Some(bucket),
        }
    }

    pub(super) fn agrees_with(&self, other: &Self) -> Result<(), (&'static str, &'static str)> {
        if self.path == other.path {
            return Err(("path", "is the same; give each site a different path"));
        }
        if self.release.is_some() && self.release == other.release {
            return Err(("release", "is the same; give each site releases of its own"));
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
