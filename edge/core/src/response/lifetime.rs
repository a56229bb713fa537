//! How long a CDN may go on with what it got: no longer than the publisher said.
//!
//! CloudFront serves an expired copy for as long as its origin fails, and a key that is disabled is a failing origin. It
//! stops at `stale-if-error=0`. It changes no other directive, and never what a publisher says of stale copies.

use alloc::string::String;

use keyfront_contract::Route;

use super::answered::OriginResponse;
use crate::text::{append_item, split_once};

const STALE_IF_ERROR: &str = "stale-if-error";

/// The `Cache-Control` an object's answer gets in place of its origin's, if it gets one.
pub(super) fn of_object(route: Route, response: &OriginResponse<'_>) -> Option<String> {
    let mut directives = String::new();
    for value in response.values("cache-control") {
        append_item(&mut directives, value);
    }
    // Of a 304 what is not said anew stays as it was stored.
    let says_nothing = directives.is_empty() && response.status == 304;
    let said = directives.to_ascii_lowercase();
    let decided = [STALE_IF_ERROR, "no-store"];
    if route == Route::Publish
        || says_nothing
        || decided.iter().any(|name| split_once(&said, name).is_some())
        || !said.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    {
        return None;
    }
    append_item(&mut directives, "stale-if-error=0");
    Some(directives)
}
