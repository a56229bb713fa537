//! The site: everything the edge has to know about one bucket, as the JSON document that travels in
//! the origin custom header `x-keyfront-site`.
//!
//! A [`Site`] exists only if every field was checked, so no later step checks the configuration
//! again. It does not find the document (adapters do), holds no secrets and reads nothing else.

mod bucket_rule;
mod cors_rule;
mod document;
mod error;
mod function_rule;
mod json;
mod key_rule;
mod limit;
mod options;
mod origin;
mod viewers;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

use keyfront_contract::route::RELEASE_DOCUMENTS;
use keyfront_names::host::is_label;

use self::bucket_rule::bucket;
use self::document::{Document, Text};
use self::error::{demand, field};
use self::function_rule::{function, function_prefix};
use self::key_rule::check_key;
use self::options::{slashes, spelling, trailing_slash};
use crate::refused_parameter::is_refused_parameter;
use crate::text::joined;

pub use self::cors_rule::{CorsRule, Match};
pub use self::error::SiteError;
pub use self::limit::MAX_SITE_CHARS;
pub use self::options::{DeniedAs, Slashes, Spelling, TrailingSlash};
pub use self::origin::{Bucket, FunctionOrigin, Signing};
pub use self::viewers::{Serves, Viewers};

/// How many parsed sites a [`SiteCache`] keeps: more than a distribution has origins.
const CACHED_SITES: usize = 32;

/// One validated site.
#[derive(Debug)]
pub struct Site {
    /// Where objects are read.
    pub bucket: Bucket,
    /// The folder of the host the site lies in, taken off before a path becomes a key; `""` or ends with `/`.
    pub path: String,
    /// Prepended to every key; `""` or ends with `/`.
    pub prefix: String,
    /// Document of a folder: appended to keys that end with `/`.
    pub index: Option<String>,
    /// Document of a client-routed application: served for every path that names no file.
    pub fallback: Option<String>,
    /// The page a host may serve with status 404. The edge function only sees response headers, so the CDN
    /// substitutes it (on CloudFront: a custom error response); see `docs/SEMANTICS.md`.
    pub not_found: Option<String>,
    /// What becomes of `/docs`.
    pub trailing_slash: TrailingSlash,
    /// What becomes of `/docs//a`.
    pub slashes: Slashes,
    /// What becomes of `/%61`.
    pub spelling: Spelling,
    /// Query parameters, by decoded name, that reach the origin.
    pub query: Vec<String>,
    /// Who may read from other web origins; the first rule that matches decides.
    pub cors: Vec<CorsRule>,
    /// How the origin's 403 is reported.
    pub denied_as: DeniedAs,
    /// Whether objects of the bucket are encrypted with customer keys (SSE-C), which the edge does not have: how the
    /// bucket's 400 is reported where its error document cannot be read.
    pub customer_keys: bool,
    /// Serves envelope-encrypted objects under its prefix.
    pub reader: Option<Arc<FunctionOrigin>>,
    /// Lists folders under its prefix: the function of `publish` or `reader`.
    pub listing: Option<Arc<FunctionOrigin>>,
    /// Takes uploads under its prefix.
    pub publish: Option<Arc<FunctionOrigin>>,
    /// What only admitted viewers read.
    pub viewers: Option<Viewers>,
    /// The name under which the bucket holds the site's releases: what is served is the active one, and nothing else.
    pub release: Option<String>,
}

impl Site {
    /// Parses and validates a site document.
    ///
    /// # Errors
    /// [`SiteError`] names the first field that breaks a rule.
    pub fn parse(document: &[u8]) -> Result<Self, SiteError> {
        if document.is_empty() {
            return Err(SiteError::Missing);
        }
        if document.len() > MAX_SITE_CHARS {
            return Err(SiteError::TooLong(document.len()));
        }
        if !document.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(SiteError::NotAscii);
        }
        let text = str::from_utf8(document).map_err(|_| SiteError::NotAscii)?;
        Self::validate(Document::read(text)?)
    }

    fn validate(mut document: Document) -> Result<Self, SiteError> {
        if document.v != 1 {
            return Err(SiteError::Version(document.v));
        }
        check_keys(&document)?;
        check_query(&document.query)?;
        let listing = document.take(Text::Listing);
        let mut site = Self {
            bucket: bucket(&document)?,
            trailing_slash: trailing_slash(document.text(Text::TrailingSlash))?,
            slashes: slashes(document.text(Text::Slashes))?,
            spelling: spelling(document.text(Text::Spelling))?,
            path: document.take(Text::Path).unwrap_or_default(),
            prefix: document.take(Text::Prefix).unwrap_or_default(),
            index: document.take(Text::Index),
            fallback: document.take(Text::Fallback),
            not_found: document.take(Text::NotFound),
            release: document.take(Text::Release),
            cors: cors_rule::validate(&document.cors)?,
            reader: function("reader", document.reader)?,
            publish: function("publish", document.publish)?,
            viewers: viewers::validate(document.viewers)?,
            listing: None,
            query: document.query,
            customer_keys: document.customer_keys,
            denied_as: if document.denied_as_missing {
                DeniedAs::Missing
            } else {
                DeniedAs::Denied
            },
        };
        if let Some(prefix) = listing {
            site.listing = Some(site.listing_at(&prefix)?);
        }
        site.agree()
    }

    fn listing_at(&self, prefix: &str) -> Result<Arc<FunctionOrigin>, SiteError> {
        let Some(maker) = self.publish.as_ref().or(self.reader.as_ref()) else {
            return Err(field(
                "listing",
                "needs publish or reader, whose function makes the pages",
            ));
        };
        let prefix = function_prefix("listing", prefix)?;
        // What lies below the publish prefix is never looked at; the reader is looked at last.
        let is_published = self
            .publish
            .as_ref()
            .is_some_and(|one| one.strip(&prefix).is_some());
        let is_read = self.reader.as_ref().is_some_and(|one| one.prefix == prefix);
        demand(
            !prefix.is_empty() && !is_published && !is_read,
            "listing",
            "must be a separate prefix",
        )?;
        Ok(Arc::new(FunctionOrigin {
            prefix,
            host: maker.host.clone(),
            region: maker.region.clone(),
        }))
    }

    /// What no single field can break.
    fn agree(mut self) -> Result<Self, SiteError> {
        if self.trailing_slash == TrailingSlash::Redirect {
            demand(
                self.index.is_some() || self.listing.is_some(),
                "trailing_slash",
                "redirects to folders, which needs index or listing",
            )?;
            demand(
                self.fallback.is_none(),
                "trailing_slash",
                "excludes fallback",
            )?;
        }
        if let Some(name) = &self.release {
            self.check_release(name)?;
            // The manifest names every path, the protected ones too.
            if let Some(viewers) = &mut self.viewers {
                viewers.protect_too(joined(&[RELEASE_DOCUMENTS, "manifest.json"]));
            }
        }
        let prefixes = (self.reader.as_ref(), self.publish.as_ref());
        if let (Some(reader), Some(publish)) = prefixes
            && reader.prefix == publish.prefix
        {
            return Err(field("reader", "and publish share a prefix"));
        }
        Ok(self)
    }
}

impl Site {
    /// What is served is a tree of the bucket, and its pointer must never arrive before it.
    fn check_release(&self, name: &str) -> Result<(), SiteError> {
        demand(is_label(name), "release", "is not a site name")?;
        let serves_the_tree =
            self.prefix.is_empty() && self.listing.is_none() && self.reader.is_none();
        demand(
            serves_the_tree,
            "release",
            "excludes prefix, listing and reader",
        )?;
        let one_region = matches!(self.bucket.signing, Signing::SigV4 { .. });
        demand(one_region, "release", "excludes sigv4a")
    }
}

/// The fields that are object keys, each by the rules of its kind.
fn check_keys(document: &Document) -> Result<(), SiteError> {
    for field in [Text::Path, Text::Prefix] {
        if let Some(folder) = document.text(field) {
            demand(folder.ends_with('/'), field.name(), "must end with a slash")?;
            check_key(field.name(), folder)?;
        }
    }
    if let Some(file) = document.text(Text::Index) {
        demand(!file.contains('/'), "index", "must be a file name")?;
    }
    for field in [Text::Index, Text::Fallback, Text::NotFound] {
        if let Some(key) = document.text(field) {
            check_key(field.name(), key)?;
        }
    }
    Ok(())
}

fn check_query(names: &[String]) -> Result<(), SiteError> {
    for (position, name) in names.iter().enumerate() {
        demand(
            is_query_name(name),
            "query",
            "holds a name that is empty, too long or not printable",
        )?;
        // Lower case: no spelling of a subresource is worth listing.
        let refused = is_refused_parameter(&name.to_ascii_lowercase());
        demand(
            !refused,
            "query",
            "lists an S3 subresource or a signing parameter",
        )?;
        demand(
            !names[..position].contains(name),
            "query",
            "lists a name twice",
        )?;
    }
    Ok(())
}

/// A decoded query parameter name that can be compared byte for byte.
fn is_query_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Parsed sites by their bytes: a warm instance validates a document once.
#[derive(Debug, Default)]
pub struct SiteCache {
    sites: Vec<(Box<[u8]>, Arc<Site>)>,
}

impl SiteCache {
    /// A cache that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { sites: Vec::new() }
    }

    /// The site of this document, parsed on first sight. A refused document is not remembered.
    ///
    /// # Errors
    /// As [`Site::parse`].
    pub fn site(&mut self, document: &[u8]) -> Result<Arc<Site>, SiteError> {
        if let Some((_, site)) = self.sites.iter().find(|(bytes, _)| **bytes == *document) {
            return Ok(Arc::clone(site));
        }
        let site = Arc::new(Site::parse(document)?);
        if self.sites.len() == CACHED_SITES {
            self.sites.remove(0);
        }
        self.sites.push((document.into(), Arc::clone(&site)));
        Ok(site)
    }
}

#[cfg(test)]
mod tests;
