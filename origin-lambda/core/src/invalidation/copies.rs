//! Under which paths viewers may have been given copies of an object.
//!
//! The paths of a key are the edge's routing, backwards; what the reader serves has the same path, since its prefix is
//! the beginning of its keys. The page of a 404 is not known here: no cache keeps a 404.

use keyfront_names::ObjectKey;

use super::batch::without_covered;

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

#[cfg(test)]
mod tests;
