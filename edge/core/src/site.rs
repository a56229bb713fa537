//! The site: everything the edge has to know about one bucket, as the JSON document that travels in
//! the origin custom header `x-keyfront-site`.
//!
//! A [`Site`] exists only if every field was checked, so no later step checks the configuration
//! again. It does not find the document (adapters do), holds no secrets and reads nothing else.

mod cors_rule;
mod document;
mod error;
mod json;
mod key_rule;
mod limit;
mod origin;
mod viewers;

use alloc::{borrow::ToOwned, boxed::Box, string::String, sync::Arc, vec::Vec};

use keyfront_names::host::{self, Scheme};
use keyfront_names::{BucketName, Region};
use keyfront_sigv4::sigv4a::is_region_set;

use self::document::{Document, FunctionDocument};
use self::error::{demand, field};
use self::key_rule::check_key;
use crate::refused_parameter::is_refused_parameter;
use crate::text::joined;

pub use self::cors_rule::{CorsRule, Match};
pub use self::error::SiteError;
pub use self::limit::MAX_SITE_CHARS;
pub use self::origin::{Bucket, FunctionOrigin, Signing};
pub use self::viewers::{Serves, Viewers};

/// How many parsed sites a [`SiteCache`] keeps: more than a distribution has origins.
const CACHED_SITES: usize = 32;

/// How a 403 of the origin is reported to the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeniedAs {
    /// 502 `origin-denied`: with `s3:ListBucket` a 403 never means that the object is missing.
    Denied,
    /// 404 `not-found`: the site option `denied_as_missing`.
    Missing,
}

/// How a path is answered that could be a folder's but has no slash at its end, where no object has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailingSlash {
    /// 404
    AsRequested,
    /// By a redirect to the folder: the site option `"trailing_slash":"redirect"`.
    Redirect,
}

/// What several slashes behind one another mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slashes {
    /// Themselves, as in S3's keys.
    Kept,
    /// One, by a redirect: the site option `"slashes":"merge"`.
    Merged,
}

/// How a path is served that is not written in the one spelling copies are kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// By a redirect to that spelling.
    Redirect,
    /// As it is: the site option `"spelling":"accept"`, for a CDN that does not show the edge the path it was sent.
    Accept,
}

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
        let listing = document.listing.take();
        let mut site = Self {
            bucket: bucket(&document)?,
            trailing_slash: trailing_slash(document.trailing_slash.as_deref())?,
            slashes: slashes(document.slashes.as_deref())?,
            spelling: spelling(document.spelling.as_deref())?,
            cors: cors_rule::validate(&document.cors)?,
            reader: function("reader", document.reader)?,
            publish: function("publish", document.publish)?,
            viewers: viewers::validate(document.viewers)?,
            listing: None,
            path: document.path.unwrap_or_default(),
            prefix: document.prefix.unwrap_or_default(),
            index: document.index,
            fallback: document.fallback,
            not_found: document.not_found,
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
    fn agree(self) -> Result<Self, SiteError> {
        if self
            .publish
            .as_ref()
            .is_some_and(|publish| publish.prefix.is_empty())
        {
            return Err(field("publish", "must have a prefix"));
        }
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
        let prefixes = (self.reader.as_ref(), self.publish.as_ref());
        if let (Some(reader), Some(publish)) = prefixes
            && reader.prefix == publish.prefix
        {
            return Err(field("reader", "and publish share a prefix"));
        }
        Ok(self)
    }
}

fn bucket(document: &Document) -> Result<Bucket, SiteError> {
    let access_point = host::is_multi_region_alias(&document.bucket);
    demand(
        access_point || BucketName::new(document.bucket.as_str()).is_ok(),
        "bucket",
        "is not a bucket name",
    )?;
    demand(
        Region::is_name(&document.region),
        "region",
        "is not a region name",
    )?;
    let signing = signing(document)?;
    if access_point {
        return multi_region_access_point(document, signing);
    }
    let (scheme, service) = match &document.endpoint {
        Some(endpoint) => {
            let (scheme, host) =
                host::endpoint(endpoint).map_err(|error| field("endpoint", error.as_str()))?;
            (scheme, host.to_owned())
        }
        None => (Scheme::Https, host::of_service("s3", &document.region)),
    };
    // A virtual host's certificate is a wildcard for one label.
    let (host, path) = match document.style.as_str() {
        "path" => (service, joined(&["/", &document.bucket])),
        "virtual" if document.bucket.contains('.') => {
            return Err(field("bucket", "has a dot, which needs style path"));
        }
        "virtual" => (joined(&[&document.bucket, ".", &service]), String::new()),
        _ => return Err(field("style", "must be virtual or path")),
    };
    Ok(Bucket {
        scheme,
        host,
        path,
        signing,
    })
}

fn signing(document: &Document) -> Result<Signing, SiteError> {
    match (document.signing.as_str(), &document.region_set) {
        ("sigv4", None) => Ok(Signing::SigV4 {
            region: document.region.clone(),
        }),
        ("sigv4", Some(_)) => Err(field("region_set", "is for sigv4a only")),
        ("sigv4a", None) => Err(field("region_set", "is required by sigv4a")),
        ("sigv4a", Some(set)) => {
            demand(
                is_region_set(set),
                "region_set",
                "is not a list of region names",
            )?;
            // Whether a pattern covers the region is for the verifier; a set of other regions never does.
            let may_cover = |member: &str| member.contains('*') || member == document.region;
            demand(
                set.split(',').any(may_cover),
                "region_set",
                "must include the region",
            )?;
            let region_set = set.clone();
            Ok(Signing::SigV4a { region_set })
        }
        _ => Err(field("signing", "must be sigv4 or sigv4a")),
    }
}

/// S3 reaches an access point's buckets by its alias, which is a name of two labels below a host of its own.
fn multi_region_access_point(document: &Document, signing: Signing) -> Result<Bucket, SiteError> {
    demand(
        matches!(signing, Signing::SigV4a { .. }),
        "signing",
        "must be sigv4a for a multi-region access point",
    )?;
    demand(
        document.endpoint.is_none(),
        "endpoint",
        "cannot be chosen for a multi-region access point",
    )?;
    demand(
        document.style == "virtual",
        "style",
        "must be virtual for a multi-region access point",
    )?;
    Ok(Bucket {
        scheme: Scheme::Https,
        host: host::of_multi_region_access_point(&document.bucket),
        path: String::new(),
        signing,
    })
}

/// The fields that are object keys, each by the rules of its kind.
fn check_keys(document: &Document) -> Result<(), SiteError> {
    for (name, folder) in [("path", &document.path), ("prefix", &document.prefix)] {
        if let Some(folder) = folder {
            demand(folder.ends_with('/'), name, "must end with a slash")?;
            check_key(name, folder)?;
        }
    }
    if let Some(file) = &document.index {
        demand(!file.contains('/'), "index", "must be a file name")?;
    }
    for (name, key) in [
        ("index", &document.index),
        ("fallback", &document.fallback),
        ("not_found", &document.not_found),
    ] {
        if let Some(key) = key {
            check_key(name, key)?;
        }
    }
    Ok(())
}

fn trailing_slash(option: Option<&str>) -> Result<TrailingSlash, SiteError> {
    match option {
        None => Ok(TrailingSlash::AsRequested),
        Some("redirect") => Ok(TrailingSlash::Redirect),
        Some(_) => Err(field("trailing_slash", "must be redirect")),
    }
}

fn slashes(option: Option<&str>) -> Result<Slashes, SiteError> {
    match option {
        None => Ok(Slashes::Kept),
        Some("merge") => Ok(Slashes::Merged),
        Some(_) => Err(field("slashes", "must be merge")),
    }
}

fn spelling(option: Option<&str>) -> Result<Spelling, SiteError> {
    match option {
        None | Some("redirect") => Ok(Spelling::Redirect),
        Some("accept") => Ok(Spelling::Accept),
        Some(_) => Err(field("spelling", "must be redirect or accept")),
    }
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

fn function(
    name: &'static str,
    document: Option<FunctionDocument>,
) -> Result<Option<Arc<FunctionOrigin>>, SiteError> {
    let Some(origin) = document else {
        return Ok(None);
    };
    demand(
        Region::is_name(&origin.region),
        name,
        "has a region that is not a region name",
    )?;
    demand(
        host::is_authority(&origin.host),
        name,
        "has a host that is not a host name",
    )?;
    Ok(Some(Arc::new(FunctionOrigin {
        prefix: function_prefix(name, &origin.prefix)?,
        host: origin.host,
        region: origin.region,
    })))
}

/// A prefix without the slash that it may end with.
fn function_prefix(name: &'static str, written: &str) -> Result<String, SiteError> {
    demand(
        written.starts_with('/'),
        name,
        "has a prefix that does not start with a slash",
    )?;
    let prefix = written.strip_suffix('/').unwrap_or(written);
    if !prefix.is_empty() {
        demand(
            !prefix.ends_with('/'),
            name,
            "has a prefix that ends with two slashes",
        )?;
        check_key(name, &prefix[1..])?;
    }
    Ok(prefix.to_owned())
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
