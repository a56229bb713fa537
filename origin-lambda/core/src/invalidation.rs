//! What a change of an object means for the CDN: whether copies may be stale, under which paths, and for how long.
//!
//! The paths of a key are the edge's routing, backwards; what the reader serves has the same path, since its prefix is
//! the beginning of its keys. Documents that the edge serves for other paths (fallback, not-found) are not known here.
//! It calls nobody.

use std::fmt;

use keyfront_names::ObjectKey;

use crate::error::Error;

/// How long CloudFront keeps what names no time, in seconds.
const DEFAULT_LIFETIME: u64 = 24 * 60 * 60;

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

/// How the site maps paths to keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteLayout<'a> {
    /// What the edge puts before a viewer's path.
    pub prefix: Option<&'a str>,
    /// What the edge puts behind a path that ends with a slash.
    pub index: Option<&'a str>,
}

/// Every path the site serves the key under, in wire form; none if the site does not serve it. A `*` in a key is
/// escaped there, so that a path never names more than its object.
pub fn paths_of(site: SiteLayout<'_>, key: &ObjectKey) -> Vec<String> {
    let path = key.as_str().strip_prefix(site.prefix.unwrap_or_default());
    let Some(path) = path.and_then(|path| ObjectKey::new(path).ok()) else {
        return Vec::new();
    };
    let mut paths = vec![path_of(&path)];
    let folder = site
        .index
        .and_then(|index| path.as_str().strip_suffix(index));
    match folder {
        Some("") => paths.push("/".to_owned()),
        Some(folder) if folder.ends_with('/') => {
            paths.extend(ObjectKey::new(folder).map(|folder| path_of(&folder)));
        }
        _ => {}
    }
    paths
}

/// The path of a key on a site without prefix.
pub fn path_of(key: &ObjectKey) -> String {
    let mut path = "/".to_owned();
    key.append_wire(&mut path);
    path
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
            value.trim_matches('"').parse().ok()
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
    fn a_path_is_the_wire_form_of_its_key_and_names_no_other() {
        let site = SiteLayout::default();
        assert_eq!(paths(site, "a b/*+é"), ["/a%20b/%2A%2B%C3%A9"]);
        assert_eq!(paths(site, "index.html"), ["/index.html"]);
    }

    #[test]
    fn a_prefix_is_taken_off_and_an_index_answers_for_its_folder_too() {
        let site = SiteLayout {
            prefix: Some("www/"),
            index: Some("index.html"),
        };
        for (key, expected) in [
            ("www/a", &["/a"][..]),
            ("www/index.html", &["/index.html", "/"]),
            ("www/d/index.html", &["/d/index.html", "/d/"]),
            ("www/old-index.html", &["/old-index.html"]),
            ("elsewhere/a", &[]),
        ] {
            assert_eq!(paths(site, key), expected, "{key}");
        }
    }

    #[test]
    fn the_time_a_copy_lives_is_what_a_shared_cache_reads() {
        for (cache_control, seconds) in [
            (None, DEFAULT_LIFETIME),
            (Some(""), DEFAULT_LIFETIME),
            (Some("public"), DEFAULT_LIFETIME),
            (Some("max-age=60"), 60),
            (Some("public, Max-Age=60, s-maxage=\"5\""), 5),
            (Some("max-age=60, no-store"), 0),
            (Some("private, max-age=60"), 0),
            (Some("max-age=soon"), DEFAULT_LIFETIME),
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
