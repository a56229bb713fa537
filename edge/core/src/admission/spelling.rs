//! Which reads are sent on to another spelling of their path.
//!
//! A path leads to at most one redirect: its target is in the one spelling, and a path in that spelling is not sent on again.

use alloc::borrow::ToOwned;

use keyfront_sigv4::uri_encoding;

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
        Routed::To {
            destination: Destination::Bucket(_) | Destination::Reader(..) | Destination::Listing(..),
            ..
        } if site.spelling == Spelling::Redirect && !uri_encoding::is_viewer_path(raw) => {
            if path.starts_with("//") {
                return Err(Refusal::PathInvalid);
            }
            Ok(Routed::Redirect(path.to_owned()))
        }
        routed => Ok(routed),
    }
}
