//! Routing: which origin serves a path, and as which object.
//!
//! Works on the decoded path only, so no rule can be avoided by spelling. It does not look at methods,
//! queries or headers and knows nothing of signing.

use alloc::{borrow::ToOwned, string::String};

use keyfront_names::{KeyError, ObjectKey};

use crate::site::{FunctionOrigin, Site, TrailingSlash};

/// Where a path leads.
#[derive(Debug)]
pub enum Route<'s> {
    /// An object of the bucket.
    Bucket(ObjectKey),
    /// An envelope-encrypted object, decrypted by the reader, which is asked for `/read/KEY`.
    Reader(&'s FunctionOrigin, ObjectKey),
    /// The publish endpoint: the decoded path behind the publish prefix, from its slash on.
    Publish(&'s FunctionOrigin, String),
}

/// Routes a decoded path (with its leading slash). The publish prefix is looked at first, then the
/// reader's; both match whole segments.
///
/// # Errors
/// [`KeyError`] if the path names no key that may be served.
pub fn route<'s>(site: &'s Site, path: &str) -> Result<Route<'s>, KeyError> {
    if let Some(origin) = &site.publish
        && let Some(rest) = origin.strip(path)
    {
        return publish(origin, rest);
    }
    let key = object(site, path)?;
    Ok(match &site.reader {
        Some(origin) if origin.strip(path).is_some() => Route::Reader(origin, key),
        _ => Route::Bucket(key),
    })
}

/// The path of the folder that a read of this decoded path may mean, where the site sends such reads on. By the
/// path's form alone, as with `fallback`; never for `//host`, which as a location would be another server.
pub(crate) fn folder(site: &Site, route: &Route<'_>, path: &str) -> Option<String> {
    let asked = path.strip_prefix('/').unwrap_or(path);
    let redirects = site.trailing_slash == TrailingSlash::Redirect
        && !matches!(route, Route::Publish(..))
        && !asked.is_empty()
        && !asked.starts_with('/')
        && !asked.ends_with('/')
        && !names_a_file(asked);
    redirects.then(|| join(path, "/"))
}

/// The publish endpoint's paths hold keys behind names of its own, so the length of a key is its to judge;
/// what no segment of a key may be, no segment here may be.
fn publish<'s>(origin: &'s FunctionOrigin, rest: &str) -> Result<Route<'s>, KeyError> {
    for segment in rest.split('/').filter(|segment| !segment.is_empty()) {
        ObjectKey::new(segment)?;
    }
    let path = if rest.is_empty() { "/" } else { rest };
    Ok(Route::Publish(origin, path.to_owned()))
}

fn object(site: &Site, path: &str) -> Result<ObjectKey, KeyError> {
    let asked = path.strip_prefix('/').unwrap_or(path);
    // Judged as asked, before a document takes its place: a broken path is refused whatever it would become.
    match ObjectKey::new(join(&site.prefix, asked)) {
        Ok(_) | Err(KeyError::Empty) => {}
        Err(error) => return Err(error),
    }
    let key = match document(site, asked) {
        Document::Asked => join(&site.prefix, asked),
        Document::Index(name) => join(&site.prefix, &join(asked, name)),
        Document::Fallback(key) => join(&site.prefix, key),
        Document::None => return Err(KeyError::Empty),
    };
    ObjectKey::new(key)
}

fn join(head: &str, tail: &str) -> String {
    let mut joined = String::with_capacity(head.len() + tail.len());
    joined.push_str(head);
    joined.push_str(tail);
    joined
}

enum Document<'s> {
    Asked,
    Index(&'s str),
    Fallback(&'s str),
    None,
}

/// Which object answers the path. The edge cannot look whether an object exists, so a client-routed site
/// (`fallback`) is decided by the path's form alone: a path that names no file is the application's.
fn document<'s>(site: &'s Site, asked: &str) -> Document<'s> {
    let index = site.index.as_deref().map(Document::Index);
    let fallback = site.fallback.as_deref().map(Document::Fallback);
    if asked.is_empty() {
        return index.or(fallback).unwrap_or(Document::None);
    }
    if !names_a_file(asked)
        && let Some(fallback) = fallback
    {
        return fallback;
    }
    match index {
        Some(index) if asked.ends_with('/') => index,
        _ => Document::Asked,
    }
}

/// Whether the last segment looks like a file: it has an extension (one to ten letters and digits, a letter
/// among them, so `v1.2` has none), is a dot file, or lies under `.well-known/` (RFC 8615). Dots in
/// folders do not count.
fn names_a_file(asked: &str) -> bool {
    if asked.starts_with(".well-known/") {
        return true;
    }
    let segment = asked.rsplit_once('/').map_or(asked, |(_, segment)| segment);
    match segment.rsplit_once('.') {
        None => false,
        Some(("", name)) => !name.is_empty(),
        Some((stem, extension)) => stem.starts_with('.') || is_extension(extension),
    }
}

fn is_extension(text: &str) -> bool {
    (1..=10).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
