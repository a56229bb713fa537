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

/// Of these, what bundlers write and hardly anybody names by hand.
const CODE: [&str; 4] = ["js", "mjs", "css", "map"];

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
/// Browsers keep what is immutable for a year and nobody can take it back, so a name that a person or a camera may have given
/// does not count, although some bundler may give it once in a while. Pages and documents never do.
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
        && (ends_in_hexadecimal_hash(stem) || ends_in_short_hash(stem, CODE.contains(&extension)))
}

/// Behind the last separator eight at least, in which letters and digits alternate. `20261201b` and `cafe2026` do not, and
/// neither do dates with the name of a month.
fn ends_in_hexadecimal_hash(stem: &str) -> bool {
    let Some((_, hash)) = stem.rsplit_once(['.', '-']) else {
        return false;
    };
    let hexadecimal = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let month = |name: &str| hash.to_ascii_lowercase().contains(name);
    let dated = hash.len() <= 9 && (month("dec") || month("feb"));
    let enough = hash.len() >= 8 && changes_of_kind(hash) >= 2;
    hexadecimal && enough && !dated && !ends_in_uuid(stem)
}

/// It names a thing, whatever its content is today.
fn ends_in_uuid(stem: &str) -> bool {
    let groups: Vec<&str> = stem.rsplit('-').take(5).collect();
    matches!(groups[..], [last, c, b, a, first]
        if (last.len(), c.len(), b.len(), a.len()) == (12, 4, 4, 4) && first.len() >= 8)
}

/// A separator and eight of base64url, as Rollup and Vite write it, or of base32, as esbuild does for code.
fn ends_in_short_hash(stem: &str, code: bool) -> bool {
    let Some(at) = stem.len().checked_sub(9) else {
        return false;
    };
    let (Some("-" | "."), Some(hash)) = (stem.get(at..=at), stem.get(at + 1..)) else {
        return false;
    };
    let has = |kind: fn(&u8) -> bool| hash.as_bytes().iter().any(kind);
    let all = |kind: fn(u8) -> bool| hash.bytes().all(kind);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    if all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')) {
        return mixed && code && changes_of_kind(hash) >= 2;
    }
    // `iPhone5S` changes four times, and pictures have such names.
    let changes = if code { 4 } else { 5 };
    all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && mixed
        && has(u8::is_ascii_lowercase)
        && changes_of_kind(hash) >= changes
}

/// How often a character is of another kind than the one before: words and numbers change rarely, hashes all the time.
fn changes_of_kind(text: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let pairs = text.bytes().zip(text.bytes().skip(1));
    pairs
        .filter(|(one, next)| kind(*one) != kind(*next))
        .count()
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
    fn names_of_bundlers_are_immutable_and_names_of_people_and_cameras_are_not() {
        for hashed in [
            "app.3f2a9c1b.js",
            "a/index-BxY3k2_Q.js",
            "main.8a7b6c5d4e3f2a1b0c9d.css",
            "chunk-7GZQ2H5A.js",
            "app.3f2a9c1b.js.map",
            "inter-latin.9f8e7d6c.woff2",
            "logo-D3fKx_1b.svg",
            "photo.0b1c2d3e4f5a6b7c.jpg",
            "chunk-QWERT2YU.css",
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
            "holiday-DSC01234.jpg",
            "holiday-IMG_2026.jpg",
            "case-iPhone5S.png",
            "logo-Version2.png",
            "plan-PART2OF3.png",
            "theme-WINDOWS7.css",
            "main-Version2.js",
            "scan-20261201b.png",
            "scan-2026120a.png",
            "frame-0000001f.png",
            "menu-cafe2026.svg",
            "party-24dec2026.jpg",
            "party-2026feb24.jpg",
            "party-1dec2026.jpg",
            "trailer-decade80.mp4",
            "photo-123e4567-e89b-12d3-a456-4266141b40d0.jpg",
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
