//! The table of what every platform's edge answers (`tests/cases/edge.json`), as it stands for a deployed Worker: its
//! objects lie below the run's prefix, and cases that need what the Worker's site does not have are left out with the
//! reason. Pure.

use std::collections::BTreeMap;

use keyfront_edge::{
    Site,
    site::{Match, Spelling, TrailingSlash},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::client::Answer;

const TABLE: &str = include_str!("../../../../tests/cases/edge.json");
const PLATFORM: &str = "worker";
/// What the table's page of a 404 holds; a site's own page stands in for it.
const PAGE: &str = "<h1>missing</h1>";
const PUBLISH: &str = "/_publish";
/// The prefix of listings in the table.
const LISTING: &str = "/_list/";
/// Cloudflare's URL normalisation may resolve dot segments before the Worker is asked: then every rule sees the object.
const NORMALISED: [&str; 3] = [
    "encoded dot segments",
    "half encoded dot segments",
    "dot segments behind an encoded slash",
];
const NORMALISED_BODY: &str = "hello world";

/// The table.
#[derive(Deserialize)]
pub(super) struct Table {
    pub(super) objects: Vec<Object>,
    pub(super) cases: Vec<Case>,
}

impl Table {
    /// The table that this program was built with.
    ///
    /// # Errors
    /// A table in another form.
    pub(super) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(TABLE)
    }
}

/// An object that cases ask for.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) body: String,
    #[serde(rename = "type")]
    pub(super) content_type: String,
    pub(super) cache: Option<String>,
    pub(super) encoding: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A request and what answers it.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    method: Option<String>,
    target: String,
    #[serde(default)]
    request: BTreeMap<String, String>,
    #[serde(default)]
    send: String,
    #[serde(flatten)]
    expected: Expected,
    gzip: Option<String>,
    worker: Option<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    status: Option<u16>,
    code: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
}

/// What stands for itself in the table, and where its objects lie.
pub(super) struct Terms<'a> {
    pub(super) site: &'a Site,
    /// By the table's keys.
    pub(super) etags: &'a BTreeMap<String, String>,
    /// Bodies as they are stored, by the table's texts.
    pub(super) encoded: &'a BTreeMap<String, Vec<u8>>,
    /// `Bearer ...`, if there is a publisher.
    pub(super) bearer: Option<&'a str>,
    /// What the run's objects begin with for viewers: `keyfront-accept-RANDOM/`.
    pub(super) prefix: &'a str,
    /// The site's own page of a 404.
    pub(super) page: Option<&'a [u8]>,
}

/// A case as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CaseRequest {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Case {
    /// Why the case says nothing of this Worker.
    pub(super) fn reason_to_skip(&self, terms: &Terms<'_>) -> Option<&'static str> {
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

    /// What is expected of a Worker.
    fn own(&self) -> &Expected {
        self.worker.as_ref().unwrap_or(&self.expected)
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

    /// The request.
    ///
    /// # Errors
    /// The table has a name that means nothing.
    pub(super) fn request(&self, terms: &Terms<'_>) -> anyhow::Result<CaseRequest> {
        let body = terms.written(&self.send, "")?;
        let headers = self.request.iter();
        let headers = headers.map(|(name, value)| Ok((name.clone(), terms.written(value, &body)?)));
        Ok(CaseRequest {
            method: self.method.clone().unwrap_or_else(|| "GET".to_owned()),
            target: terms.moved(&terms.written(&self.target, "")?),
            headers: headers.collect::<anyhow::Result<_>>()?,
            body,
        })
    }

    /// What is wrong with the answer, if anything.
    ///
    /// # Errors
    /// As [`Case::request`].
    pub(super) fn violation(
        &self,
        answer: &Answer,
        terms: &Terms<'_>,
    ) -> anyhow::Result<Option<String>> {
        let is_normalised = NORMALISED.contains(&self.name.as_str());
        if is_normalised && answer.status == 200 && answer.body == NORMALISED_BODY {
            return Ok(None);
        }
        let own = self.own();
        if own.status.is_some_and(|status| status != answer.status) {
            return Ok(Some(answer.described()));
        }
        if let Some(code) = &own.code
            && *code != answer.code()
        {
            return Ok(Some(format!("{}, not {code}", answer.described())));
        }
        let page = |body: &str| match terms.page.filter(|_| body == PAGE) {
            Some(page) => page.to_vec(),
            None => body.as_bytes().to_vec(),
        };
        let gzip = self.gzip.as_deref().map(|text| terms.encoded.get(text));
        let body = match (&own.body, gzip) {
            (Some(body), _) => Some(page(body)),
            (None, Some(stored)) => stored.cloned(),
            (None, None) => None,
        };
        if body.is_some_and(|body| answer.body != body) {
            let found = String::from_utf8_lossy(&answer.body);
            return Ok(Some(format!(
                "{} with the body {found:.60?}",
                answer.status
            )));
        }
        let given = self.worker.iter().flat_map(|own| &own.headers);
        for (name, value) in self.expected.headers.iter().chain(given) {
            let found = answer.headers.get(name).map(|_| answer.header(name));
            let expected = match value {
                Some(value) if name == "location" => Some(terms.moved(value)),
                Some(value) => Some(terms.written(value, "")?),
                None => None,
            };
            // A page of the site's own has a type of its own.
            let is_pages = terms.page.is_some() && own.body.as_deref() == Some(PAGE);
            if found != expected.as_deref() && !(is_pages && name == "content-type") {
                return Ok(Some(format!("{name} is {found:?}, not {expected:?}")));
            }
        }
        Ok(None)
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

impl Terms<'_> {
    fn written(&self, text: &str, body: &str) -> anyhow::Result<String> {
        let Some((head, rest)) = text.split_once('{') else {
            return Ok(text.to_owned());
        };
        let unknown = || anyhow::anyhow!("{text:?} of the table has no meaning");
        let (name, tail) = rest.split_once('}').ok_or_else(unknown)?;
        let value = if let Some(key) = name.strip_prefix("etag:") {
            self.etags.get(key).cloned().ok_or_else(unknown)?
        } else if let Some((letter, count)) = name.split_once('*') {
            letter.repeat(count.parse()?)
        } else {
            match name {
                "platform" => PLATFORM.to_owned(),
                "bearer" => self.bearer.unwrap_or_default().to_owned(),
                "sha256" => hex::encode(Sha256::digest(body)),
                _ => return Err(unknown()),
            }
        };
        Ok(format!("{head}{value}{tail}"))
    }

    /// A target, or where a redirect leads, with its object below the run's prefix.
    fn moved(&self, target: &str) -> String {
        // Paths that must not lead to another host, and Keyfront's own documents, are tried where they are.
        let stays = ["//", "/%2F", "/.keyfront", "/%2ekeyfront"];
        if stays.iter().any(|beginning| target.starts_with(beginning)) {
            return target.to_owned();
        }
        if let Some((folder, listing)) =
            target.strip_prefix(LISTING).zip(self.site.listing.as_ref())
        {
            // Keyfront's own documents are tried where they are.
            let run = if folder.starts_with(".keyfront") {
                ""
            } else {
                self.prefix
            };
            return format!("{}/{run}{folder}", listing.prefix);
        }
        let Some(api) = target.strip_prefix(PUBLISH) else {
            return format!(
                "/{}{}",
                self.prefix,
                target.strip_prefix('/').unwrap_or(target)
            );
        };
        let publish = self.site.publish.as_ref();
        let route = publish.map_or(PUBLISH, |publish| publish.prefix.as_str());
        let below = format!("{}{}", self.site.prefix, self.prefix);
        let listed = api.strip_prefix("/objects?prefix=");
        let object = api.strip_prefix("/objects/");
        match (listed, object) {
            (Some(listed), _) => format!("{route}/objects?prefix={below}{listed}"),
            (None, Some(object)) => format!("{route}/objects/{below}{object}"),
            (None, None) => format!("{route}{api}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","signing":"sigv4","prefix":"site/",
        "query":["v"],"index":"index.html","trailing_slash":"redirect","not_found":"404.html","listing":"/list",
        "publish":{"prefix":"/up","region":"eu-west-1","host":"h.lambda-url.eu-west-1.on.aws"},
        "cors":[{"origins":["https://app.example"],"headers":["range"],"max_age":600}]}"#;
    const BARE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","signing":"sigv4","query":[]}"#;

    fn with_terms<T>(site: &str, page: Option<&[u8]>, work: impl FnOnce(&Terms<'_>) -> T) -> T {
        let site = Site::parse(site.replace('\n', "").as_bytes()).unwrap();
        let etags = BTreeMap::from([("hello.txt".to_owned(), "\"e\"".to_owned())]);
        work(&Terms {
            site: &site,
            etags: &etags,
            encoded: &BTreeMap::new(),
            bearer: Some("Bearer t"),
            prefix: "run/",
            page,
        })
    }

    #[test]
    fn the_tables_own_site_leaves_no_case_out() {
        let table = Table::read().unwrap();
        assert!(table.cases.len() > 80 && table.objects.len() > 10);
        with_terms(SITE, Some(b"page"), |terms| {
            for case in &table.cases {
                assert_eq!(case.reason_to_skip(terms), None, "{}", case.name);
            }
        });
    }

    #[test]
    fn a_bare_site_leaves_out_what_it_does_not_have_and_nothing_else() {
        let table = Table::read().unwrap();
        let reasons = with_terms(BARE, None, |terms| {
            let reasons = table.cases.iter().map(|case| {
                let reason = case.reason_to_skip(terms);
                (case.name.as_str(), reason)
            });
            reasons.collect::<BTreeMap<_, _>>()
        });
        for (case, part) in [
            ("publishing", Some("publish route")),
            ("what was published", Some("publish route")),
            ("a preflight", Some("CORS rule")),
            ("a missing object", Some("not_found")),
            ("a folder is its index", Some("index.html")),
            ("a folder without its slash", Some("query parameter v")),
            ("two slashes stay two", None),
            ("a missing folder", Some("does not redirect")),
            ("a listing of a folder", Some("CORS rule")),
            ("a listing without its slash", Some("list its folders")),
            ("a folder without its index", Some("list its folders")),
            ("a range", None),
            ("needless escapes", None),
        ] {
            match (reasons[case], part) {
                (Some(reason), Some(part)) => assert!(reason.contains(part), "{case}: {reason}"),
                (found, expected) => assert_eq!(found, expected, "{case}"),
            }
        }
    }

    #[test]
    fn objects_and_redirects_lie_below_the_runs_prefix() {
        with_terms(SITE, None, |terms| {
            for (target, expected) in [
                ("/hello.txt?v=1", "/run/hello.txt?v=1"),
                ("/", "/run/"),
                ("/_list/docs/?format=json", "/list/run/docs/?format=json"),
                ("//evil.example", "//evil.example"),
                (
                    "/%2ekeyfront%2fpublishers.json",
                    "/%2ekeyfront%2fpublishers.json",
                ),
                ("/_publish/objects/a", "/up/objects/site/run/a"),
                (
                    "/_publish/objects?prefix=a",
                    "/up/objects?prefix=site/run/a",
                ),
                ("/_publish/objects", "/up/objects"),
            ] {
                assert_eq!(terms.moved(target), expected, "{target}");
            }
        });
    }
}
