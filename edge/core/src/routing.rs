//! Routing: which origin serves a path, and as which object.
//!
//! Works on the decoded path only, so no rule can be avoided by spelling. It does not look at methods,
//! queries or headers and knows nothing of signing.

use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    sync::Arc,
};

use keyfront_contract::route::SHARED;
use keyfront_names::{KeyError, ObjectKey, names_a_file};

use crate::folder::Folder;
use crate::site::{FunctionOrigin, Serves, Site, Slashes, TrailingSlash};
use crate::viewer_request::ViewerAccess;

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Routed {
    To {
        destination: Destination,
        /// What the path may mean besides, should there be no such object.
        folder: Option<Folder>,
    },
    /// Reads go to another path of the site: decoded.
    Redirect(String),
    /// The object is protected, and the viewer was not admitted to it.
    Protected,
}

/// What is requested of which origin.
#[derive(Debug)]
pub(crate) enum Destination {
    /// An object of the bucket.
    Bucket(ObjectKey),
    /// An object of Keyfront's own in the bucket, by its decoded key: no path leads to one, the edge alone names it.
    Own(String),
    /// An envelope-encrypted object, decrypted by the reader, which is relative for `/read/KEY`.
    Reader(Arc<FunctionOrigin>, ObjectKey),
    /// What a folder holds, as a page.
    Listing(Arc<FunctionOrigin>, ListedFolder),
    /// The publish endpoint: the decoded path behind the publish prefix, from its slash on.
    Publish(Arc<FunctionOrigin>, String),
}

/// A folder that is listed.
#[derive(Debug)]
pub(crate) struct ListedFolder {
    /// The beginning of its keys; `""` or ends with `/`.
    pub(crate) prefix: String,
    /// Its path below the site's own; `""` or ends with `/`.
    pub(crate) relative: String,
}

/// Routes a decoded path (with its leading slash), with what is known of the viewer.
///
/// # Errors
/// [`KeyError`] if the path names no key that may be served.
pub(crate) fn route(site: &Site, path: &str, access: ViewerAccess) -> Result<Routed, KeyError> {
    let Some(viewers) = &site.viewers else {
        return unprotected(site, path);
    };
    let shared = path
        .strip_prefix(SHARED)
        .filter(|rest| rest.starts_with('/'));
    let routed = unprotected(site, shared.unwrap_or(path))?;
    let Routed::To { destination, .. } = &routed else {
        // A shared link names its object.
        return if shared.is_none() {
            Ok(routed)
        } else {
            Err(KeyError::Empty)
        };
    };
    let key = match destination {
        Destination::Bucket(key) | Destination::Reader(_, key) => key.as_str(),
        Destination::Listing(_, folder) if shared.is_none() => &folder.prefix,
        Destination::Publish(..) if shared.is_none() => return Ok(routed),
        Destination::Listing(..) | Destination::Publish(..) | Destination::Own(_) => {
            return Err(KeyError::Empty);
        }
    };
    let admitted = match access {
        // What was signed is a path: a document that stands in for it may lie in another protected folder.
        ViewerAccess::Verified => {
            let path = shared.unwrap_or(path);
            let path = path.strip_prefix('/').unwrap_or(path);
            let relative = path.strip_prefix(site.path.as_str()).unwrap_or(path);
            viewers.protects_alike(key, &site.prefix, relative)
        }
        // What is shared stands behind a signature, whatever it is.
        ViewerAccess::ByOrigin if shared.is_some() => viewers.serves == Serves::Everything,
        ViewerAccess::ByOrigin => viewers.serve(key),
        // Whoever was refused is not admitted by the origin.
        ViewerAccess::LoginRequired | ViewerAccess::Denied => {
            shared.is_none() && !viewers.protect(key)
        }
    };
    if !admitted {
        return Ok(Routed::Protected);
    }
    Ok(match (shared, routed) {
        (Some(_), Routed::To { destination, .. }) => Routed::To {
            destination,
            folder: None,
        },
        (_, routed) => routed,
    })
}

/// Routes what everybody may read. The publish prefix is looked at first, then the listings' and the reader's; all match
/// whole segments.
fn unprotected(site: &Site, path: &str) -> Result<Routed, KeyError> {
    if let Some(origin) = &site.publish
        && let Some(rest) = origin.strip(path)
    {
        let origin = Arc::clone(origin);
        return Ok(Routed::To {
            destination: Destination::Publish(origin, endpoint_path(rest)?),
            folder: None,
        });
    }
    let kept = kept(site, path);
    if let Some(origin) = &site.listing
        && let Some(folder) = origin.strip(&kept)
    {
        let merged = matches!(kept, Cow::Owned(_));
        return listed(site, origin, folder, &kept, merged);
    }
    let whole = kept.strip_prefix('/').unwrap_or(&kept);
    let relative = whole.strip_prefix(site.path.as_str());
    // A broken path is refused as such, whichever site the CDN sent it to.
    let key = match (object(site, relative.unwrap_or(whole)), &site.listing) {
        // The root of a site without documents.
        (Err(KeyError::Empty), Some(listing)) if relative == Some("") => {
            return Ok(Routed::Redirect(join(&listing.prefix, &kept)));
        }
        (key, _) => key?,
    };
    let Some(relative) = relative else {
        return if is_own_folder(site, whole) {
            Ok(Routed::Redirect(join(&kept, "/")))
        } else {
            Err(KeyError::Empty)
        };
    };
    if let Cow::Owned(merged) = kept {
        return Ok(Routed::Redirect(merged));
    }
    let destination = match &site.reader {
        Some(origin) if origin.strip(path).is_some() => {
            Destination::Reader(Arc::clone(origin), key)
        }
        _ => Destination::Bucket(key),
    };
    let redirects = site.trailing_slash == TrailingSlash::Redirect && may_be_folder(relative);
    let folder = match (&site.listing, &destination) {
        _ if redirects => Some(Folder::of(&site.path, relative)),
        // A fallback has claimed what has no document of its own.
        (Some(listing), Destination::Bucket(_))
            if site.fallback.is_none() && (relative.is_empty() || relative.ends_with('/')) =>
        {
            let index = site.index.as_deref().unwrap_or_default();
            Some(Folder::listing(
                &listing.prefix,
                &site.path,
                relative,
                index,
            ))
        }
        _ => None,
    };
    Ok(Routed::To {
        destination,
        folder,
    })
}

/// Lists the folder of a path, which stands behind the prefix of listings. `whole` is the path with that, `merged` whether it
/// is another one than was asked for.
fn listed(
    site: &Site,
    origin: &Arc<FunctionOrigin>,
    path: &str,
    whole: &str,
    merged: bool,
) -> Result<Routed, KeyError> {
    let slash = if path.ends_with('/') { "" } else { "/" };
    let folder = join(path, slash);
    let relative = folder
        .strip_prefix('/')
        .and_then(|folder| folder.strip_prefix(site.path.as_str()))
        .ok_or(KeyError::Empty)?;
    let prefix = join(&site.prefix, relative);
    if !prefix.is_empty() {
        ObjectKey::new(prefix.clone())?;
    }
    if !slash.is_empty() || merged {
        return Ok(Routed::Redirect(join(whole, slash)));
    }
    Ok(Routed::To {
        destination: Destination::Listing(
            Arc::clone(origin),
            ListedFolder {
                prefix,
                relative: relative.to_owned(),
            },
        ),
        folder: None,
    })
}

/// The path of which the CDN keeps copies: on a site that merges slashes, with one for each run of them.
fn kept<'p>(site: &Site, path: &'p str) -> Cow<'p, str> {
    if site.slashes == Slashes::Kept {
        return Cow::Borrowed(path);
    }
    let mut merged = String::with_capacity(path.len());
    for segment in path.split_inclusive('/') {
        if segment != "/" || merged.is_empty() {
            merged.push_str(segment);
        }
    }
    if merged.len() == path.len() {
        return Cow::Borrowed(path);
    }
    Cow::Owned(merged)
}

/// Whether a path is the site's own folder, but for its slash, and the site sends such reads on.
fn is_own_folder(site: &Site, whole: &str) -> bool {
    site.trailing_slash == TrailingSlash::Redirect
        && site.path.len() == whole.len() + 1
        && site.path.starts_with(whole)
}

/// Whether a path within the site may mean a folder, should there be no object of that name.
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

#[cfg(test)]
mod tests;
