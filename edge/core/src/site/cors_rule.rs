//! One cross-origin rule of a site: which web origins may read, with which request headers.
//!
//! Validates and matches; the headers of an answer are `crate::cors`'s.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::document::CorsDocument;
use super::error::{SiteError, demand};
use crate::text::{append_item, split_once};

/// Browsers cap preflight caching at a day at most.
const LONGEST_MAX_AGE: u32 = 86_400;

/// A validated rule.
#[derive(Debug)]
pub struct CorsRule {
    origins: Vec<OriginPattern>,
    /// `Access-Control-Allow-Headers`, comma separated; empty if none are allowed.
    pub headers: String,
    /// `Access-Control-Max-Age` in seconds.
    pub max_age: Option<u32>,
}

#[derive(Debug)]
enum OriginPattern {
    Any,
    Exact(String),
    /// `https://*.example.com`: at least one label stands for the star.
    Subdomains {
        scheme: String,
        domain: String,
    },
}

/// What a rule says to a request, whatever header its `Origin` carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Every origin may read: the answer does not depend on `Origin`.
    Anyone,
    /// This very origin may read.
    ThisOrigin,
}

impl CorsRule {
    /// Whether this rule admits a request with this `Origin`.
    #[must_use]
    pub fn admits(&self, origin: Option<&str>) -> Option<Match> {
        self.origins.iter().find_map(|pattern| match pattern {
            OriginPattern::Any => Some(Match::Anyone),
            OriginPattern::Exact(exact) => {
                (origin == Some(exact.as_str())).then_some(Match::ThisOrigin)
            }
            OriginPattern::Subdomains { scheme, domain } => {
                is_subdomain(origin?, scheme, domain).then_some(Match::ThisOrigin)
            }
        })
    }
}

fn is_subdomain(origin: &str, scheme: &str, domain: &str) -> bool {
    let Some(label) = origin
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .and_then(|rest| rest.strip_suffix(domain))
        .and_then(|rest| rest.strip_suffix('.'))
    else {
        return false;
    };
    label.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

pub(super) fn validate(rules: &[CorsDocument]) -> Result<Vec<CorsRule>, SiteError> {
    // Loops: collecting into a `Result` is several hundred bytes of a module for each type.
    let mut checked = Vec::with_capacity(rules.len());
    for document in rules {
        checked.push(rule(document)?);
    }
    Ok(checked)
}

fn rule(document: &CorsDocument) -> Result<CorsRule, SiteError> {
    demand(
        !document.origins.is_empty(),
        "cors",
        "has a rule without origins",
    )?;
    let tokens = document
        .headers
        .iter()
        .all(|name| name == "*" || is_token(name));
    demand(tokens, "cors", "has a header that is not a header name")?;
    let short = document.max_age.is_none_or(|age| age <= LONGEST_MAX_AGE);
    demand(short, "cors", "has a max_age over 86400 seconds")?;
    let mut origins = Vec::with_capacity(document.origins.len());
    for origin in &document.origins {
        origins.push(pattern(origin)?);
    }
    let mut headers = String::new();
    for name in &document.headers {
        append_item(&mut headers, name);
    }
    Ok(CorsRule {
        origins,
        headers,
        max_age: document.max_age,
    })
}

fn pattern(origin: &str) -> Result<OriginPattern, SiteError> {
    if origin == "*" {
        return Ok(OriginPattern::Any);
    }
    let (scheme, host) = split_once(origin, "://").unwrap_or(("", origin));
    let (star, host) = match host.strip_prefix("*.") {
        Some(domain) => (true, domain),
        None => (false, host),
    };
    let well_formed =
        matches!(scheme, "https" | "http") && keyfront_names::host::is_authority(host);
    demand(
        well_formed,
        "cors",
        "has an origin that is not *, scheme://host[:port] or scheme://*.domain",
    )?;
    Ok(if star {
        OriginPattern::Subdomains {
            scheme: scheme.to_owned(),
            domain: host.to_owned(),
        }
    } else {
        OriginPattern::Exact(origin.to_owned())
    })
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte))
}
