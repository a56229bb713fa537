//! The response headers policies of the sites: the distribution's own, or one for each content security policy.

use super::{all::Sites, cache_policy::digest, entry::SiteEntry};

/// The template's own, with the parameter's content security policy.
const OF_THE_TEMPLATE: &str = "ResponseHeaders";

/// What the logical ids of the sites' response headers policies begin with; a digest follows.
pub(super) const HEADER_POLICIES: &str = "SitesHeaders";

/// The logical id of a site's policy.
pub(super) fn logical_id(entry: &SiteEntry) -> String {
    let policy = entry.content_security_policy.as_deref();
    policy.map_or_else(|| OF_THE_TEMPLATE.to_owned(), logical_id_of)
}

pub(super) fn logical_id_of(content_security_policy: &str) -> String {
    format!("{HEADER_POLICIES}{}", digest(content_security_policy))
}

/// The content security policies of the sites, each once.
pub(super) fn all(sites: &Sites) -> Vec<&str> {
    let entries = sites.entries.iter();
    let mut all: Vec<_> = entries
        .filter_map(|entry| entry.content_security_policy.as_deref())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
