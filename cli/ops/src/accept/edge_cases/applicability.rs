//! Which cases of the table say something of a Worker: the ones whose site has what they need.

use keyfront_edge::{
    Site,
    site::{Match, Spelling, TrailingSlash},
};

use super::{
    Case, PAGE,
    terms::{LISTING, PUBLISH, Terms},
};

impl Case {
    /// Why the case says nothing of this Worker.
    pub(in crate::accept) fn reason_to_skip(&self, terms: &Terms<'_>) -> Option<&'static str> {
        let (site, own) = (terms.site, self.own());
        let publishes = self.target.starts_with(PUBLISH) || self.target.contains("published");
        if publishes && (site.publish.is_none() || terms.bearer.is_none()) {
            return Some("the Worker's site has no publish route, or no publisher");
        }
        if self.target.contains("v=") && !site.query.iter().any(|name| name == "v") {
            return Some("the Worker's site does not list the query parameter v");
        }
        if self.is_about_origins() && !has_rule_of_the_table(site) {
            return Some("the Worker's site has another CORS rule than the table's");
        }
        let body = own.body.as_deref().unwrap_or_default();
        if body == PAGE && terms.page.is_none() {
            return Some("the Worker's site has no not_found page");
        }
        let is_index = body.starts_with("<h1>") && body != PAGE;
        if is_index && site.index.as_deref() != Some("index.html") {
            return Some("the Worker's site has another index than index.html");
        }
        let location = own.headers.get("location").cloned().flatten();
        let lists = |path: &str| path.starts_with(LISTING);
        if site.listing.is_none() && (lists(&self.target) || location.is_some_and(|at| lists(&at)))
        {
            return Some("the Worker's site does not list its folders");
        }
        match own.status {
            Some(302) if site.trailing_slash != TrailingSlash::Redirect => {
                Some("the Worker's site does not redirect to folders")
            }
            Some(301) if site.spelling != Spelling::Redirect => {
                Some("the Worker's site accepts every spelling")
            }
            _ => None,
        }
    }

    fn is_about_origins(&self) -> bool {
        let expected = self.expected.headers.iter().chain(&self.own().headers);
        // Without rules nobody is told of OPTIONS, which is for preflights.
        let preflights = |value: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            value.contains("OPTIONS")
        };
        let answers = expected.into_iter().any(|(name, value)| {
            name == "vary" || name.starts_with("access-control-") || preflights(value)
        });
        answers || self.request.contains_key("origin")
    }
}

/// Whether the site has the cross-origin rule that the table's cases were written for.
fn has_rule_of_the_table(site: &Site) -> bool {
    let admits = |origin| {
        let rules = site.cors.iter();
        rules.filter(move |rule| rule.admits(Some(origin)).is_some())
    };
    let mut own = admits("https://app.example");
    let rule = own.next();
    admits("https://evil.example").next().is_none()
        && rule.is_some_and(|rule| {
            rule.admits(Some("https://app.example")) == Some(Match::ThisOrigin)
                && rule.headers == "range"
                && rule.max_age == Some(600)
        })
}
