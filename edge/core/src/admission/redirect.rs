//! Which reads are sent on to another path of the same host, and the answer that does it.
//!
//! A path leads to at most one redirect: its target is a folder's path if that is what it may mean, in the one spelling,
//! and a path in that spelling is not sent on again.

use alloc::{borrow::ToOwned, string::String, vec};

use keyfront_sigv4::uri_encoding;

use crate::answer::Answer;
use crate::cors::Grant;
use crate::header::Header;
use crate::refusal::Refusal;
use crate::routing::{Destination, Routed};
use crate::site::{Site, Spelling};

/// Where a path (decoded from `raw`) leads, once reads of other spellings than the one that is kept are sent on to it.
///
/// # Errors
/// [`Refusal::PathInvalid`] for another spelling of `//host`, which as a location would be another server.
pub(super) fn respelled(
    site: &Site,
    routed: Routed,
    raw: &str,
    path: &str,
) -> Result<Routed, Refusal> {
    match routed {
        Routed::To(Destination::Bucket(_) | Destination::Reader(..))
            if site.spelling == Spelling::Redirect && !uri_encoding::is_viewer_path(raw) =>
        {
            if path.starts_with("//") {
                return Err(Refusal::PathInvalid);
            }
            Ok(Routed::Redirect(path.to_owned()))
        }
        routed => Ok(routed),
    }
}

/// To a decoded path, with a query as on the request line.
pub(super) fn to(path: &str, query: &str, grant: &Grant) -> Answer {
    let mut location = uri_encoding::encode_viewer_path(path);
    if !query.is_empty() {
        location.push('?');
        location.push_str(query);
    }
    let mut headers = vec![
        Header::new("location", location),
        Header::new("cache-control", "no-store"),
        Header::new("x-content-type-options", "nosniff"),
    ];
    grant.append_to(&mut headers);
    Answer {
        status: 301,
        headers,
        body: String::new(),
    }
}
