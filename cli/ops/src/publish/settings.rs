//! `keyfront.toml`: headers of files by their names, and how long files of earlier releases stay.
//!
//! Types come from names' extensions where no rule says otherwise.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use crate::span::span;

pub(super) const FILE: &str = "keyfront.toml";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const HTML: &str = "public, max-age=60";
const OTHER: &str = "public, max-age=300";
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// Releases before this are forgotten.
const KEEP_ASSETS: Duration = Duration::from_secs(7 * 86_400);
/// Files that name each other by hashes: the parts of pages.
const PARTS: [&str; 20] = [
    "js", "mjs", "css", "map", "woff", "woff2", "ttf", "otf", "eot", "svg", "png", "jpg", "jpeg",
    "gif", "webp", "avif", "ico", "wasm", "mp4", "webm",
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    keep_assets: Option<String>,
    #[serde(default)]
    headers: Vec<RuleDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleDocument {
    #[serde(rename = "match")]
    pattern: String,
    cache: Option<String>,
    #[serde(rename = "type")]
    media_type: Option<String>,
    csp: Option<String>,
}

/// What is sent with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) media_type: Arc<str>,
    pub(super) cache: Arc<str>,
    pub(super) csp: Option<Arc<str>>,
}

/// The settings of a publication.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) keep_assets: Duration,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    matcher: GlobMatcher,
    /// Whether the pattern is of names rather than of paths.
    names: bool,
    cache: Option<Arc<str>>,
    media_type: Option<Arc<str>>,
    csp: Option<Arc<str>>,
}

impl Settings {
    /// Of a file, or of `keyfront.toml` in the current folder if there is one.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub(super) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let path = match file {
            Some(path) => path.to_owned(),
            None if Path::new(FILE).exists() => PathBuf::from(FILE),
            None => return Self::parse(""),
        };
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("{}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let document: Document = toml::from_str(text)?;
        let keep_assets = match document.keep_assets {
            None => KEEP_ASSETS,
            Some(text) => match span(&text) {
                Ok(span) => span,
                Err(error) => bail!("keep_assets: {error}"),
            },
        };
        let rules = document.headers.into_iter().map(Rule::new);
        Ok(Self {
            keep_assets,
            rules: rules.collect::<anyhow::Result<_>>()?,
        })
    }

    /// What is sent with the file of this path: of several rules that match the last one says it.
    pub(super) fn headers(&self, path: &str) -> Headers {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut headers = defaults(name);
        for rule in &self.rules {
            if !rule.matcher.is_match(if rule.names { name } else { path }) {
                continue;
            }
            if let Some(cache) = &rule.cache {
                headers.cache = Arc::clone(cache);
            }
            if let Some(media_type) = &rule.media_type {
                headers.media_type = Arc::clone(media_type);
            }
            if let Some(csp) = &rule.csp {
                headers.csp = Some(Arc::clone(csp));
            }
        }
        headers
    }
}

impl Rule {
    fn new(document: RuleDocument) -> anyhow::Result<Self> {
        let pattern = document.pattern;
        let whole = pattern.strip_prefix('/').unwrap_or(&pattern);
        let glob = GlobBuilder::new(whole).literal_separator(true).build();
        let glob =
            glob.with_context(|| format!("headers: the pattern {pattern:?} is not a glob"))?;
        Ok(Self {
            matcher: glob.compile_matcher(),
            names: !pattern.contains('/'),
            cache: document.cache.map(Into::into),
            media_type: document.media_type.map(Into::into),
            csp: document.csp.map(Into::into),
        })
    }
}

fn defaults(name: &str) -> Headers {
    let media_type = media_type(name);
    let cache = if media_type.starts_with("text/html") {
        HTML
    } else if is_hashed(name) {
        IMMUTABLE
    } else {
        OTHER
    };
    Headers {
        media_type: media_type.into(),
        cache: cache.into(),
        csp: None,
    }
}

fn media_type(name: &str) -> String {
    let guess = mime_guess::from_path(name).first_raw();
    match guess.unwrap_or(UNKNOWN_TYPE) {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    }
}

/// Whether a name changes with the content, as bundlers write it: `app.3f2a9c1b.js`, `index-BxY3k2_Q.css`.
///
/// A date or a version is no hash: digits alone do not count, and pages and documents never do.
fn is_hashed(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    // `app.3f2a9c1b.js.map`
    let stem = match stem.rsplit_once('.') {
        Some((inner, "js" | "css" | "mjs")) => inner,
        _ => stem,
    };
    PARTS.contains(&extension)
        && (looks_hashed(stem, '.') || looks_hashed(stem, '-') || ends_in_rollup_hash(stem))
}

/// Behind the last separator: hexadecimal with letters and digits, eight at least.
fn looks_hashed(stem: &str, separator: char) -> bool {
    let Some((_, hash)) = stem.rsplit_once(separator) else {
        return false;
    };
    let hexadecimal = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    hash.len() >= 8 && hexadecimal && is_mixed(hash)
}

/// `-` and eight of base64url, as Rollup, Vite and esbuild write it.
fn ends_in_rollup_hash(stem: &str) -> bool {
    let Some(at) = stem.len().checked_sub(9) else {
        return false;
    };
    let (Some(separator), Some(hash)) = (stem.get(at..=at), stem.get(at + 1..)) else {
        return false;
    };
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let upper = hash.bytes().any(|byte| byte.is_ascii_uppercase());
    matches!(separator, "-" | ".") && hash.bytes().all(alphabet) && upper && is_mixed(hash)
}

fn is_mixed(hash: &str) -> bool {
    let digits = hash.bytes().any(|byte| byte.is_ascii_digit());
    let letters = hash.bytes().any(|byte| byte.is_ascii_alphabetic());
    digits && letters
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(toml: &str, path: &str) -> (String, String, Option<String>) {
        let headers = Settings::parse(toml).unwrap().headers(path);
        (
            headers.media_type.to_string(),
            headers.cache.to_string(),
            headers.csp.as_deref().map(str::to_owned),
        )
    }

    #[test]
    fn without_rules_types_come_from_names_and_pages_are_short() {
        for (path, media_type, cache) in [
            ("index.html", "text/html; charset=utf-8", HTML),
            ("a/style.css", "text/css; charset=utf-8", OTHER),
            ("app.js", "text/javascript; charset=utf-8", OTHER),
            ("data.json", "application/json", OTHER),
            ("x.wasm", "application/wasm", OTHER),
            ("x.svg", "image/svg+xml", OTHER),
            ("x.woff2", "font/woff2", OTHER),
            ("LICENSE", UNKNOWN_TYPE, OTHER),
        ] {
            assert_eq!(
                headers("", path),
                (media_type.to_owned(), cache.to_owned(), None),
                "{path}"
            );
        }
    }

    #[test]
    fn names_of_bundlers_are_immutable_and_dates_are_not() {
        for hashed in [
            "app.3f2a9c1b.js",
            "a/index-BxY3k2_Q.js",
            "main.8a7b6c5d4e3f2a1b0c9d.css",
            "chunk-7GZQ2H5A.js",
            "app.3f2a9c1b.js.map",
            "inter-latin.9f8e7d6c.woff2",
        ] {
            assert_eq!(headers("", hashed).1, IMMUTABLE, "{hashed}");
        }
        for other in [
            "app.js",
            "jquery-3.7.1.min.js",
            "report-20261201.js",
            "page.3f2a9c1b.html",
            "report.3f2a9c1b.pdf",
            "main-stylesheet.css",
            "facade-deadbeef.css",
        ] {
            assert_ne!(headers("", other).1, IMMUTABLE, "{other}");
        }
    }

    #[test]
    fn the_last_rule_that_matches_says_it_for_each_header() {
        let toml = r#"
            keep_assets = "2d"
            [[headers]]
            match = "*.html"
            cache = "no-cache"
            csp = "default-src 'self'"
            [[headers]]
            match = "/docs/**"
            cache = "public, max-age=5"
            [[headers]]
            match = "feed"
            type = "application/atom+xml"
        "#;
        let of = |path| headers(toml, path);
        assert_eq!(of("a.html").1, "no-cache");
        assert_eq!(of("docs/a/b.html").1, "public, max-age=5");
        assert_eq!(of("docs/a/b.html").2.as_deref(), Some("default-src 'self'"));
        assert_eq!(of("x/docs/b.html").1, "no-cache");
        assert_eq!(of("blog/feed").0, "application/atom+xml");
        let keep = Settings::parse(toml).unwrap().keep_assets;
        assert_eq!(keep, Duration::from_secs(2 * 86_400));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for toml in [
            "[[header]]\nmatch = \"*\"",
            "[[headers]]\nmatch = \"a[\"",
            "[[headers]]\ncache = \"x\"",
            "[[headers]]\nmatch = \"*\"\ncahce = \"x\"",
            "keep_assets = \"soon\"",
        ] {
            assert!(Settings::parse(toml).is_err(), "{toml}");
        }
    }
}
