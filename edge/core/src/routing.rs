//! Routing: which origin serves a path, and as which object.
//!
//! Works on the decoded path only, so no rule can be avoided by spelling. It does not look at methods,
//! queries or headers and knows nothing of signing.

use alloc::{borrow::ToOwned, string::String, sync::Arc};

use keyfront_names::{KeyError, ObjectKey};

use crate::site::{FunctionOrigin, Site, TrailingSlash};

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Routed {
    To(Destination),
    /// To the folder that a read of this path may mean: its decoded path.
    Redirect(String),
}

/// What is requested of which origin.
#[derive(Debug)]
pub(crate) enum Destination {
    /// An object of the bucket.
    Bucket(ObjectKey),
    /// An envelope-encrypted object, decrypted by the reader, which is relative for `/read/KEY`.
    Reader(Arc<FunctionOrigin>, ObjectKey),
    /// The publish endpoint: the decoded path behind the publish prefix, from its slash on.
    Publish(Arc<FunctionOrigin>, String),
}

/// Routes a decoded path (with its leading slash). The publish prefix is looked at first, then the
/// reader's; both match whole segments.
///
/// # Errors
/// [`KeyError`] if the path names no key that may be served.
pub(crate) fn route(site: &Site, path: &str) -> Result<Routed, KeyError> {
    if let Some(origin) = &site.publish
        && let Some(rest) = origin.strip(path)
    {
        let origin = Arc::clone(origin);
        return Ok(Routed::To(Destination::Publish(
            origin,
            endpoint_path(rest)?,
        )));
    }
    let whole = path.strip_prefix('/').unwrap_or(path);
    let relative = whole.strip_prefix(site.path.as_str());
    // A broken path is refused as such, whichever site the CDN sent it to.
    let key = object(site, relative.unwrap_or(whole))?;
    let may_be_folder = match relative {
        Some(relative) => may_be_folder(relative),
        None if is_own_folder(site, whole) => true,
        None => return Err(KeyError::Empty),
    };
    if may_be_folder && site.trailing_slash == TrailingSlash::Redirect {
        return Ok(Routed::Redirect(join(path, "/")));
    }
    Ok(Routed::To(match &site.reader {
        Some(origin) if origin.strip(path).is_some() => {
            Destination::Reader(Arc::clone(origin), key)
        }
        _ => Destination::Bucket(key),
    }))
}

/// Whether a path is the site's own folder, but for its slash, and the site sends such reads on.
fn is_own_folder(site: &Site, whole: &str) -> bool {
    site.trailing_slash == TrailingSlash::Redirect
        && site.path.len() == whole.len() + 1
        && site.path.starts_with(whole)
}

/// Whether a read of this path within the site may mean a folder. By the path's form alone, as with `fallback`; never
/// `//host`, which as a location would be another server.
fn may_be_folder(relative: &str) -> bool {
    !relative.is_empty()
        && !relative.starts_with('/')
        && !relative.ends_with('/')
        && !names_a_file(relative)
}

/// The publish endpoint's paths hold keys behind names of its own, so the length of a key is its to check;
/// what no segment of a key may be, no segment here may be.
fn endpoint_path(rest: &str) -> Result<String, KeyError> {
    for segment in rest.split('/').filter(|segment| !segment.is_empty()) {
        ObjectKey::new(segment)?;
    }
    let path = if rest.is_empty() { "/" } else { rest };
    Ok(path.to_owned())
}

fn object(site: &Site, relative: &str) -> Result<ObjectKey, KeyError> {
    let requested = ObjectKey::new(join(&site.prefix, relative));
    let tail = match document(site, relative) {
        Document::Requested => return requested,
        Document::None => return Err(KeyError::Empty),
        Document::Index(name) => &join(relative, name),
        Document::Fallback(key) => key,
    };
    // A broken path is refused whatever document would take its place.
    match requested {
        Ok(_) | Err(KeyError::Empty) => ObjectKey::new(join(&site.prefix, tail)),
        broken => broken,
    }
}

fn join(head: &str, tail: &str) -> String {
    let mut joined = String::with_capacity(head.len() + tail.len());
    joined.push_str(head);
    joined.push_str(tail);
    joined
}

enum Document<'s> {
    Requested,
    Index(&'s str),
    Fallback(&'s str),
    None,
}

/// Which object answers the path. The edge cannot look whether an object exists, so a client-routed site
/// (`fallback`) is decided by the path's form alone: a path that names no file is the application's.
fn document<'s>(site: &'s Site, relative: &str) -> Document<'s> {
    let index = site.index.as_deref().map(Document::Index);
    let fallback = site.fallback.as_deref().map(Document::Fallback);
    if relative.is_empty() {
        return index.or(fallback).unwrap_or(Document::None);
    }
    if !names_a_file(relative)
        && let Some(fallback) = fallback
    {
        return fallback;
    }
    match index {
        Some(index) if relative.ends_with('/') => index,
        _ => Document::Requested,
    }
}

/// Whether the last segment looks like a file: it has an extension (one to ten letters and digits, a letter
/// among them, so `v1.2` has none), is a dot file, or lies under `.well-known/` (RFC 8615). Dots in
/// folders do not count.
fn names_a_file(relative: &str) -> bool {
    if relative.starts_with(".well-known/") {
        return true;
    }
    let segment = relative
        .rsplit_once('/')
        .map_or(relative, |(_, segment)| segment);
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
