//! What the configuration says about the CDN in front of the bucket: how its paths name objects, and how it is
//! invalidated.

use keyfront_names::ParameterArn;
use keyfront_origin_core::invalidation::{Query, SiteLayout, Spellings};

use super::{
    endpoint::endpoint,
    error::{ConfigError, invalid},
    further_site::FurtherSite,
};

/// ARN of the SSM parameter that holds the distribution's id (optional; without it the CDN is not invalidated).
///
/// The id is not an environment variable because the distribution names the function and cannot exist before it.
pub const DISTRIBUTION_PARAMETER: &str = "KEYFRONT_DISTRIBUTION_PARAMETER";
/// The site's key prefix: what the edge puts before a viewer's path (optional; none).
pub const SITE_PREFIX: &str = "KEYFRONT_SITE_PREFIX";
/// The site's index document (optional; none).
pub const SITE_INDEX: &str = "KEYFRONT_SITE_INDEX";
/// The site's fallback document (optional; none).
pub const SITE_FALLBACK: &str = "KEYFRONT_SITE_FALLBACK";
/// The query parameters the site lists, with commas between them (optional; none).
pub const SITE_QUERY: &str = "KEYFRONT_SITE_QUERY";
/// The site's option `spelling`: `redirect` or `accept` (optional; `redirect`).
pub const SITE_SPELLING: &str = "KEYFRONT_SITE_SPELLING";
/// The site of releases that the main site serves in the place of the bucket's objects (optional; none).
pub const SITE_RELEASE: &str = "KEYFRONT_SITE_RELEASE";
/// The other sites on the bucket that the CDN serves below paths of their own, as JSON (optional; none).
pub const FURTHER_SITES: &str = "KEYFRONT_FURTHER_SITES";
/// Another CloudFront endpoint than AWS's (optional; local stacks).
pub const CLOUDFRONT_ENDPOINT: &str = "KEYFRONT_CLOUDFRONT_ENDPOINT";
/// Another SSM endpoint than AWS's (optional; local stacks).
pub const SSM_ENDPOINT: &str = "KEYFRONT_SSM_ENDPOINT";

/// The CDN and how to invalidate it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdnSettings {
    /// SSM parameter with the distribution's id.
    pub distribution_parameter: ParameterArn,
    /// What the edge puts before a viewer's path.
    pub site_prefix: Option<String>,
    /// What the edge puts behind a path that ends with a slash.
    pub site_index: Option<String>,
    /// What the edge answers for paths that name no file.
    pub site_fallback: Option<String>,
    /// The query parameters in the cache key, as they were written.
    pub site_query: Option<String>,
    /// Which spellings of a path the edge answers.
    pub site_spellings: Spellings,
    /// The site of releases that the main site serves.
    pub site_release: Option<String>,
    /// The other sites on the bucket.
    pub further_sites: Vec<FurtherSite>,
    /// CloudFront endpoint override.
    pub cloudfront_endpoint: Option<String>,
    /// SSM endpoint override.
    pub ssm_endpoint: Option<String>,
}

impl CdnSettings {
    pub(super) fn read(
        optional: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let site_spellings = match optional(SITE_SPELLING).as_deref() {
            None | Some("redirect") => Spellings::One,
            Some("accept") => Spellings::Any,
            Some(_) => return Err(invalid(SITE_SPELLING, "expected redirect or accept")),
        };
        let Some(distribution_parameter) = optional(DISTRIBUTION_PARAMETER) else {
            return Ok(None);
        };
        let url = |name| optional(name).map(|url| endpoint(name, url)).transpose();
        Ok(Some(Self {
            distribution_parameter: ParameterArn::parse(&distribution_parameter).map_err(|_| {
                invalid(
                    DISTRIBUTION_PARAMETER,
                    "expected the ARN of an SSM parameter",
                )
            })?,
            site_prefix: optional(SITE_PREFIX),
            site_index: optional(SITE_INDEX),
            site_fallback: optional(SITE_FALLBACK),
            site_query: optional(SITE_QUERY),
            site_spellings,
            site_release: optional(SITE_RELEASE),
            further_sites: optional(FURTHER_SITES)
                .map(|text| further_sites(&text))
                .transpose()?
                .unwrap_or_default(),
            cloudfront_endpoint: url(CLOUDFRONT_ENDPOINT)?,
            ssm_endpoint: url(SSM_ENDPOINT)?,
        }))
    }

    /// How each site on the bucket maps paths to keys.
    pub fn layouts(&self) -> impl Iterator<Item = SiteLayout<'_>> {
        let further = self.further_sites.iter().map(FurtherSite::layout);
        std::iter::once(self.main_site()).chain(further)
    }

    /// How the main site does.
    pub fn main_site(&self) -> SiteLayout<'_> {
        SiteLayout {
            path: None,
            prefix: self.site_prefix.as_deref(),
            index: self.site_index.as_deref(),
            fallback: self.site_fallback.as_deref(),
            query: match self.site_query {
                None => Query::Dropped,
                Some(_) => Query::InTheKey,
            },
            spellings: self.site_spellings,
            release: self.site_release.as_deref(),
        }
    }
}

fn further_sites(text: &str) -> Result<Vec<FurtherSite>, ConfigError> {
    let sites: Vec<FurtherSite> =
        serde_json::from_str(text).map_err(|error| invalid(FURTHER_SITES, error.to_string()))?;
    match sites.iter().all(FurtherSite::is_valid) {
        true => Ok(sites),
        false => Err(invalid(
            FURTHER_SITES,
            "expected URL paths that begin and end with a slash",
        )),
    }
}
