//! What a change of an object means for the CDN: whether copies may be stale, under which paths, and for how long.
//!
//! The paths of a key are the edge's routing, backwards; what the reader serves has the same path, since its prefix is
//! the beginning of its keys. The page of a 404 is not known here: no cache keeps a 404. It calls nobody.

use std::fmt;

use keyfront_names::ObjectKey;

use crate::error::Error;

/// How long CloudFront keeps what names no time, in seconds.
const DEFAULT_LIFETIME: u64 = 24 * 60 * 60;

/// How long it keeps what names a longer time.
const LONGEST_LIFETIME: u64 = 365 * 24 * 60 * 60;

/// How soon viewers see a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The CDN has forgotten the old object.
    Invalidated,
    /// The CDN may serve the old object for so many seconds.
    ExpiresIn(u64),
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalidated => f.write_str("invalidated"),
            Self::ExpiresIn(seconds) => write!(f, "expires-in {seconds}"),
        }
    }
}

/// An object that is no longer what viewers shall get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The `Cache-Control` it was stored with.
    pub cache_control: Option<String>,
}

/// Decides for every write alike whether the CDN may hold stale copies afterwards.
///
/// `replaced` is what a successful write may have replaced. A write whose object was removed again, because it was not
/// stored as it should be, could be read until then and may have replaced what was there.
pub fn stale_after<T>(outcome: &Result<T, Error>, replaced: Option<Replaced>) -> Option<Replaced> {
    match outcome {
        Ok(_) => replaced,
        Err(Error::Encryption { .. } | Error::UploadMismatch(_)) => {
            Some(replaced.unwrap_or(Replaced {
                cache_control: None,
            }))
        }
        Err(_) => None,
    }
}

/// How the site maps paths to keys, as far as copies depend on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteLayout<'a> {
    /// The folder of the host the site lies in, from slash to slash, as in a URL; the whole host without one.
    pub path: Option<&'a str>,
    /// What the edge puts before a viewer's path.
    pub prefix: Option<&'a str>,
    /// What the edge puts behind a path that ends with a slash.
    pub index: Option<&'a str>,
    /// What the edge answers for every path that names no file.
    pub fallback: Option<&'a str>,
    /// Whether query parameters are in the cache key.
    pub query: Query,
    /// Which spellings of a path there can be copies of.
    pub spellings: Spellings,
    /// The site of releases that it serves in the place of loose objects.
    pub release: Option<&'a str>,
}

/// Whether a path has copies for different queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Query {
    /// The site lists no parameters.
    #[default]
    Dropped,
    /// It lists some.
    InTheKey,
}

/// Which spellings of a path there can be copies of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spellings {
    /// One: the edge redirects every other to it.
    #[default]
    One,
    /// Whatever viewers wrote.
    Any,
}

/// Covers every copy.
pub const EVERYTHING: &str = "/*";

/// The copies that viewers may have been given of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copies {
    /// As an invalidation names them; none if no site serves the key.
    pub paths: Vec<String>,
    /// Whether these are all that there can be.
    pub spellings: Spellings,
}

impl Copies {
    /// Of a key in a bucket that several sites of one CDN may serve.
    pub fn of<'a>(sites: impl IntoIterator<Item = SiteLayout<'a>>, key: &ObjectKey) -> Self {
        let mut copies = Self {
            paths: Vec::new(),
            spellings: Spellings::One,
        };
        for site in sites.into_iter().filter(SiteLayout::serves_loose_objects) {
            let mut paths = paths_of(site, key);
            if !paths.is_empty() && site.spellings == Spellings::Any {
                copies.spellings = Spellings::Any;
            }
            copies.paths.append(&mut paths);
        }
        copies.paths = without_covered(copies.paths);
        copies
    }
}

/// The path readers find a key under: of the first site that serves it; `None` if none does.
pub fn path_of<'a>(
    sites: impl IntoIterator<Item = SiteLayout<'a>>,
    key: &ObjectKey,
) -> Option<String> {
    sites
        .into_iter()
        .filter(SiteLayout::serves_loose_objects)
        .find_map(|site| Some(site.under_root(&site.relative(key)?)))
}

/// What the keys of the CDN's reader begin with, which opens loose objects whatever the main site serves.
const READER: &str = "read/";

/// The site of releases in whose place a loose object of this key would lie: every path that it could have is served from
/// releases. `None` where a site serves it, and where none ever would.
pub fn served_from_releases<'a>(sites: &[SiteLayout<'a>], key: &ObjectKey) -> Option<&'a str> {
    let of_releases = || sites.iter().filter(|site| site.release.is_some());
    let over = |path: &str, own_root: &str| {
        let below = |site: &&SiteLayout<'_>| {
            path.starts_with(site.root()) && site.root().len() > own_root.len()
        };
        of_releases().find(below).and_then(|site| site.release)
    };
    let mut hidden = None;
    for site in sites.iter().filter(|site| site.serves_loose_objects()) {
        let Some(relative) = site.relative(key) else {
            continue;
        };
        match over(&site.under_root(&relative), site.root()) {
            Some(name) => hidden = Some(name),
            None => return None,
        }
    }
    // The whole host's releases leave no path to what lies beside them.
    let whole = of_releases().find(|site| site.path.is_none());
    let whole = whole.filter(|_| !key.as_str().starts_with(READER));
    hidden.or_else(|| whole.and_then(|site| site.release))
}

impl SiteLayout<'_> {
    /// Whether it serves objects that are written one by one.
    fn serves_loose_objects(&self) -> bool {
        self.release.is_none()
    }

    /// The one path that names every copy of the site.
    pub fn everything(&self) -> String {
        format!("{}*", self.root())
    }

    /// The key without the site's prefix; `None` if the site does not serve it.
    pub(crate) fn relative(&self, key: &ObjectKey) -> Option<ObjectKey> {
        let relative = key.as_str().strip_prefix(self.prefix.unwrap_or_default());
        relative.and_then(|path| ObjectKey::new(path).ok())
    }

    fn root(&self) -> &str {
        self.path.unwrap_or("/")
    }

    fn under_root(&self, relative: &ObjectKey) -> String {
        format!("{}{}", self.root(), &relative.viewer_path()[1..])
    }
}

/// Every path the site serves the key under, as an invalidation names it; none if the site does not serve it.
///
/// A path is in the one spelling viewers are redirected to, and names no more than its object, unless only a wildcard
/// reaches all of its copies: where queries are in the cache key, for a document that answers for paths of other names, and
/// for a path with a `~` or a `*`, which no invalidation can hold.
pub(crate) fn paths_of(site: SiteLayout<'_>, key: &ObjectKey) -> Vec<String> {
    let root = site.root();
    let Some(relative) = site.relative(key) else {
        return Vec::new();
    };
    if site.fallback == Some(relative.as_str()) {
        return vec![site.everything()];
    }
    let mut paths = vec![site.under_root(&relative)];
    let folder = site
        .index
        .and_then(|index| relative.as_str().strip_suffix(index));
    match folder {
        Some("") => paths.push(root.to_owned()),
        Some(folder) if folder.ends_with('/') => {
            paths.extend(ObjectKey::new(folder).map(|folder| site.under_root(&folder)));
        }
        _ => {}
    }
    let named = paths.iter().map(|path| named(site.query, path));
    without_covered(named.collect())
}

/// As an invalidation may name a path. CloudFront refuses a whole batch for one raw `~`, clears nothing for `%7E`, and takes
/// a `*` at the end only.
fn named(query: Query, path: &str) -> String {
    let (stem, wildcard) = match path.find(['~', '*']) {
        Some(at) => (&path[..at], "*"),
        None if query == Query::InTheKey => (path, "*"),
        None => (path, ""),
    };
    format!("{stem}{wildcard}")
}

/// The paths of some changes for as few invalidations as possible: wildcards apart, because few may be in progress, and
/// nothing a wildcard covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Each names one copy.
    pub exact: Vec<String>,
    /// Each ends with a `*`.
    pub wildcards: Vec<String>,
}

/// CloudFront's limit on wildcards in progress.
pub const MOST_WILDCARDS: usize = 15;

impl Batch {
    /// Gathers paths; more wildcards than can be in progress become one that covers everything.
    #[must_use]
    pub fn of(paths: Vec<String>) -> Self {
        let gathered = Self::split(without_covered(paths));
        if gathered.wildcards.len() > MOST_WILDCARDS {
            return Self::split(vec![EVERYTHING.to_owned()]);
        }
        gathered
    }

    /// Whether clearing `cleared` clears every copy of `path`.
    #[must_use]
    pub fn covers(cleared: &[String], path: &str) -> bool {
        cleared.iter().any(|clear| covers(clear, path))
    }

    fn split(paths: Vec<String>) -> Self {
        let (wildcards, exact) = paths.into_iter().partition(|path| path.ends_with('*'));
        Self { exact, wildcards }
    }
}

fn without_covered(mut paths: Vec<String>) -> Vec<String> {
    paths.sort_unstable();
    paths.dedup();
    let wildcards: Vec<String> = paths
        .iter()
        .filter(|path| path.ends_with('*'))
        .cloned()
        .collect();
    paths.retain(|path| {
        !wildcards
            .iter()
            .any(|wildcard| wildcard != path && covers(wildcard, path))
    });
    paths
}

fn covers(clear: &str, path: &str) -> bool {
    match clear.strip_suffix('*') {
        Some(stem) => path.starts_with(stem),
        None => clear == path,
    }
}

/// The seconds a shared cache may keep an object (RFC 9111, 4.2.1).
pub fn lifetime(cache_control: Option<&str>) -> u64 {
    let Some(text) = cache_control.filter(|text| !text.trim().is_empty()) else {
        return DEFAULT_LIFETIME;
    };
    let text = text.to_ascii_lowercase();
    let directives = || text.split(',').map(str::trim);
    let seconds = |name: &str| {
        directives().find_map(|directive| {
            let value = directive.strip_prefix(name)?.strip_prefix('=')?;
            value
                .trim_matches('"')
                .parse()
                .ok()
                .map(|seconds: u64| seconds.min(LONGEST_LIFETIME))
        })
    };
    if directives().any(|directive| ["no-store", "no-cache", "private"].contains(&directive)) {
        return 0;
    }
    seconds("s-maxage")
        .or_else(|| seconds("max-age"))
        .unwrap_or(DEFAULT_LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(site: SiteLayout<'_>, key: &str) -> Vec<String> {
        paths_of(site, &ObjectKey::new(key).unwrap())
    }

    #[test]
    fn a_path_is_the_one_spelling_of_its_key_and_names_no_other() {
        let site = SiteLayout::default();
        for (key, path) in [
            ("a b/+\u{e9}", "/a%20b/+%C3%A9"),
            ("image(1).jpg", "/image(1).jpg"),
            ("it's.txt", "/it's.txt"),
            ("a:b@c&d=e,f;g!.txt", "/a:b@c&d=e,f;g!.txt"),
            ("100%?", "/100%25%3F"),
            ("[a]|{b}", "/%5Ba%5D%7C%7Bb%7D"),
        ] {
            assert_eq!(paths(site, key), [path]);
        }
    }

    #[test]
    fn an_object_is_found_under_the_path_of_the_site_that_serves_it() {
        let www = SiteLayout {
            prefix: Some("www/"),
            ..SiteLayout::default()
        };
        let docs = SiteLayout {
            path: Some("/docs/"),
            prefix: Some("manual/"),
            ..SiteLayout::default()
        };
        for (key, path) in [
            ("www/a b~", Some("/a%20b~")),
            ("manual/x/y", Some("/docs/x/y")),
            ("images/cat.png", None),
            ("www/", None),
        ] {
            let key = ObjectKey::new(key).unwrap();
            assert_eq!(path_of([www, docs], &key).as_deref(), path, "{key}");
        }
        let everything = path_of([SiteLayout::default()], &ObjectKey::new("a").unwrap());
        assert_eq!(everything.as_deref(), Some("/a"));
    }

    #[test]
    fn a_loose_object_is_refused_where_only_releases_would_be_served() {
        let host = SiteLayout::default();
        let docs = SiteLayout {
            path: Some("/docs/"),
            release: Some("docs"),
            ..host
        };
        let blog = SiteLayout {
            path: Some("/blog/"),
            prefix: Some("blog/"),
            ..host
        };
        let whole = SiteLayout {
            release: Some("whole"),
            ..host
        };
        let in_place_of = |sites: &[SiteLayout<'static>], key: &str| {
            served_from_releases(sites, &ObjectKey::new(key).unwrap())
        };
        for (key, expected) in [
            ("docs/a", Some("docs")),
            ("docs/", Some("docs")),
            ("docs", None),
            ("docs-old/a", None),
            ("a", None),
        ] {
            assert_eq!(in_place_of(&[host, docs, blog], key), expected, "{key}");
        }
        for (key, expected) in [
            ("a", Some("whole")),
            ("blog/a", None),
            ("read/a", None),
            ("docs/a", Some("whole")),
        ] {
            assert_eq!(in_place_of(&[whole, docs, blog], key), expected, "{key}");
        }
        // A release site serves nothing that is written by itself, and no copy of it is to be forgotten.
        let key = ObjectKey::new("a").unwrap();
        assert_eq!(path_of([whole, docs], &key), None);
        assert!(Copies::of([whole, docs], &key).paths.is_empty());
        assert_eq!(in_place_of(&[host], "docs/a"), None);
    }

    #[test]
    fn a_tilde_or_a_star_ends_the_path_as_a_wildcard() {
        let site = SiteLayout::default();
        for (key, path) in [
            ("~x", "/*"),
            ("a/b~c~d", "/a/b*"),
            ("a*b", "/a*"),
            ("a/*", "/a/*"),
            ("a*~", "/a*"),
        ] {
            assert_eq!(paths(site, key), [path], "{key}");
        }
    }

    #[test]
    fn where_queries_are_in_the_key_a_path_covers_all_of_them() {
        let site = SiteLayout {
            index: Some("index.html"),
            query: Query::InTheKey,
            ..SiteLayout::default()
        };
        assert_eq!(paths(site, "a"), ["/a*"]);
        // A folder covers its document.
        assert_eq!(paths(site, "d/index.html"), ["/d/*"]);
        assert_eq!(paths(site, "index.html"), ["/*"]);
    }

    #[test]
    fn a_fallback_answers_for_paths_nobody_can_list() {
        let site = SiteLayout {
            prefix: Some("www/"),
            index: Some("index.html"),
            fallback: Some("app/index.html"),
            ..SiteLayout::default()
        };
        assert_eq!(paths(site, "www/app/index.html"), ["/*"]);
        assert_eq!(paths(site, "www/app/app.js"), ["/app/app.js"]);
        assert!(paths(site, "app/index.html").is_empty());
    }

    #[test]
    fn a_prefix_is_taken_off_and_an_index_answers_for_its_folder_too() {
        let site = SiteLayout {
            prefix: Some("www/"),
            index: Some("index.html"),
            ..SiteLayout::default()
        };
        for (key, expected) in [
            ("www/a", &["/a"][..]),
            ("www/index.html", &["/", "/index.html"]),
            ("www/d/index.html", &["/d/", "/d/index.html"]),
            ("www/old-index.html", &["/old-index.html"]),
            ("www/~d/index.html", &["/*"]),
            ("elsewhere/a", &[]),
        ] {
            assert_eq!(paths(site, key), expected, "{key}");
        }
    }

    #[test]
    fn a_key_has_the_paths_of_every_site_that_serves_it() {
        let host = SiteLayout::default();
        let docs = SiteLayout {
            path: Some("/docs/"),
            prefix: Some("www/"),
            index: Some("index.html"),
            ..host
        };
        let app = SiteLayout {
            path: Some("/app/"),
            prefix: Some("www/"),
            fallback: Some("app.html"),
            query: Query::InTheKey,
            ..host
        };
        let of = |key: &str| Copies::of([host, docs, app], &ObjectKey::new(key).unwrap()).paths;
        for (key, expected) in [
            ("www/a b", &["/app/a%20b*", "/docs/a%20b", "/www/a%20b"][..]),
            (
                "www/index.html",
                &[
                    "/app/index.html*",
                    "/docs/",
                    "/docs/index.html",
                    "/www/index.html",
                ],
            ),
            (
                "www/d/index.html",
                &[
                    "/app/d/index.html*",
                    "/docs/d/",
                    "/docs/d/index.html",
                    "/www/d/index.html",
                ],
            ),
            (
                "www/app.html",
                &["/app/*", "/docs/app.html", "/www/app.html"],
            ),
            ("www/~x", &["/app/*", "/docs/*", "/www/*"]),
            ("elsewhere", &["/elsewhere"]),
        ] {
            assert_eq!(of(key), expected, "{key}");
        }
    }

    #[test]
    fn copies_of_spellings_nobody_can_list_are_those_of_sites_that_serve_the_key() {
        let site = SiteLayout {
            prefix: Some("www/"),
            ..SiteLayout::default()
        };
        let accepting = SiteLayout {
            path: Some("/docs/"),
            prefix: Some("docs/"),
            spellings: Spellings::Any,
            ..site
        };
        for (key, served, spellings) in [
            ("www/a", true, Spellings::One),
            ("docs/a", true, Spellings::Any),
            ("elsewhere", false, Spellings::One),
        ] {
            let copies = Copies::of([site, accepting], &ObjectKey::new(key).unwrap());
            assert_eq!(
                (!copies.paths.is_empty(), copies.spellings),
                (served, spellings)
            );
        }
    }

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn a_batch_keeps_wildcards_apart_and_nothing_they_cover() {
        let batch = Batch::of(owned(&["/b", "/a/1", "/a/*", "/b", "/a/b*", "/c"]));
        assert_eq!(batch.exact, ["/b", "/c"]);
        assert_eq!(batch.wildcards, ["/a/*"]);
        assert!(Batch::covers(&batch.wildcards, "/a/b*") && Batch::covers(&batch.exact, "/b"));
        assert!(!Batch::covers(&batch.wildcards, "/b"));
        let one = ["/b".to_owned()];
        assert!(Batch::covers(&one, "/b") && !Batch::covers(&one, "/c"));
    }

    #[test]
    fn more_wildcards_than_may_be_in_progress_become_one() {
        let wild = |count| {
            (0..count)
                .map(|at| format!("/{at:02}*"))
                .collect::<Vec<_>>()
        };
        assert_eq!(Batch::of(wild(15)).wildcards.len(), 15);
        let mut paths = wild(16);
        paths.push("/x".to_owned());
        let batch = Batch::of(paths);
        assert_eq!((batch.exact, batch.wildcards), (vec![], owned(&["/*"])));
    }

    #[test]
    fn the_time_a_copy_lives_is_what_a_shared_cache_reads() {
        for (cache_control, seconds) in [
            (None, 86_400),
            (Some(""), 86_400),
            (Some("public"), 86_400),
            (Some("max-age=60"), 60),
            (Some("public, Max-Age=60, s-maxage=\"5\""), 5),
            (Some("max-age=60, no-store"), 0),
            (Some("private, max-age=60"), 0),
            (Some("max-age=soon"), 86_400),
            (Some("max-age=99999999"), 31_536_000),
        ] {
            assert_eq!(lifetime(cache_control), seconds, "{cache_control:?}");
        }
        assert_eq!(Reach::ExpiresIn(60).to_string(), "expires-in 60");
        assert_eq!(Reach::Invalidated.to_string(), "invalidated");
    }

    #[test]
    fn a_write_leaves_stale_copies_if_it_replaced_something_or_was_undone() {
        let replaced = || {
            Some(Replaced {
                cache_control: Some("max-age=60".to_owned()),
            })
        };
        let undone = Some(Replaced {
            cache_control: None,
        });
        let encryption = || Error::Encryption {
            applied: String::new(),
        };
        for (outcome, before, stale) in [
            (Ok(()), None, None),
            (Ok(()), replaced(), replaced()),
            (Err(encryption()), None, undone.clone()),
            (Err(encryption()), replaced(), replaced()),
            (Err(Error::UploadMismatch("size")), None, undone),
            (Err(Error::AlreadyExists), replaced(), None),
            (Err(Error::Checksum), replaced(), None),
        ] {
            assert_eq!(stale_after(&outcome, before), stale, "{outcome:?}");
        }
    }
}
