//! Cross-origin reads: the answer to a preflight and the headers of an actual answer, from the site's rules.
//!
//! The bucket's own CORS configuration is never asked: its headers are dropped with the rest of S3's.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

use keyfront_contract::cross_origin::EXPOSED;

use crate::answer::Answer;
use crate::header::Header;
use crate::site::{CorsRule, Match, Site};
use crate::text::append_decimal;
use crate::viewer_request::ViewerRequest;

/// What the rules grant to one request, as far as an actual answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The site has no rules: answers say nothing.
    Unruled,
    /// Some rule admits everyone: every answer says so, whatever its `Origin`, and caches stay simple.
    Anyone,
    /// This origin may read; answers vary.
    Origin(String),
    /// Another might; answers vary.
    Nobody,
}

impl Grant {
    /// Decides for one request.
    #[must_use]
    pub fn decide(rules: &[CorsRule], origin: Option<&str>) -> Self {
        let matches = || rules.iter().filter_map(|rule| rule.admits(origin));
        if rules.is_empty() {
            Self::Unruled
        } else if matches().any(|found| found == Match::Anyone) {
            Self::Anyone
        } else if let (Some(_), Some(origin)) = (matches().next(), origin) {
            Self::Origin(origin.to_owned())
        } else {
            Self::Nobody
        }
    }

    /// Whether `Vary: Origin` belongs on the answer.
    #[must_use]
    pub fn varies(&self) -> bool {
        matches!(self, Self::Origin(_) | Self::Nobody)
    }

    /// Adds what an answer of the edge's own says of it, `Vary` included.
    pub(crate) fn append_to(&self, headers: &mut Vec<Header>) {
        headers.extend(self.headers());
        if self.varies() {
            headers.push(Header::new("vary", "origin"));
        }
    }

    /// The `Access-Control-*` headers of an actual answer; `Vary` is the caller's, who may have to merge it.
    pub fn headers(&self) -> impl Iterator<Item = Header> + use<> {
        let allowed = match self {
            Self::Anyone => Some("*".to_owned()),
            Self::Origin(origin) => Some(origin.clone()),
            Self::Unruled | Self::Nobody => None,
        };
        let exposed = allowed
            .is_some()
            .then(|| Header::new("access-control-expose-headers", EXPOSED));
        allowed
            .map(|allowed| Header::new("access-control-allow-origin", allowed))
            .into_iter()
            .chain(exposed)
    }
}

/// Answers OPTIONS, whose `Allow` is `methods` and which only a site with rules admits. The first rule that admits the origin decides. Never
/// cached by the CDN, which would have to key it by three headers; browsers cache it by `max_age`.
pub(crate) fn preflight(site: &Site, request: &ViewerRequest<'_>, methods: &'static str) -> Answer {
    let origin = request.header("origin");
    let mut headers = vec![
        Header::new("allow", methods),
        Header::new("cache-control", "no-store"),
        Header::new(
            "vary",
            "origin, access-control-request-method, access-control-request-headers",
        ),
        Header::new("x-content-type-options", "nosniff"),
    ];
    let admitting = site
        .cors
        .iter()
        .find_map(|rule| Some((rule, rule.admits(origin)?)));
    if let (Some((rule, found)), Some(origin)) = (admitting, origin) {
        headers.extend(grants(rule, found, origin, methods));
    }
    Answer {
        status: 204,
        headers,
        body: String::new(),
    }
}

fn grants(rule: &CorsRule, found: Match, origin: &str, methods: &'static str) -> Vec<Header> {
    let allowed = match found {
        Match::Anyone => "*".to_owned(),
        Match::ThisOrigin => origin.to_owned(),
    };
    let mut headers = vec![
        Header::new("access-control-allow-origin", allowed),
        Header::new("access-control-allow-methods", methods),
    ];
    if !rule.headers.is_empty() {
        headers.push(Header::new(
            "access-control-allow-headers",
            rule.headers.clone(),
        ));
    }
    if let Some(seconds) = rule.max_age {
        let mut text = String::new();
        append_decimal(&mut text, seconds);
        headers.push(Header::new("access-control-max-age", text));
    }
    headers
}

#[cfg(test)]
mod tests;
