//! The pending invalidation of an activation: its message, and when it may be carried out.

use std::time::Duration;

use keyfront_releases::SiteName;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How long after a switch the CDN may still be given what was before it: an edge's pointer lives for 5 s, and a request
/// that was routed by it may take the origin's 30 s.
pub const SETTLING: Duration = Duration::from_millis(35_500);

/// The message of an activation's pending invalidation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingInvalidation {
    /// The site.
    pub site: SiteName,
    /// The activation's number.
    pub n: u64,
}

impl PendingInvalidation {
    /// Of activation `n` of a site.
    pub fn new(site: &SiteName, n: u64) -> Self {
        Self {
            site: site.clone(),
            n,
        }
    }

    /// Whole seconds that a queue has to hold its message back, before the switch itself is done.
    pub fn delay(settling: Duration) -> u32 {
        let whole = settling.as_secs() + u64::from(settling.subsec_nanos() > 0);
        u32::try_from(whole.min(MAX_DELAY)).unwrap_or(0)
    }
}

/// The name under which these paths are invalidated for activation `n`. CloudFront does the same name once, and refuses it with
/// other paths: those that are found when a call is repeated may be others, since a release was removed or the sites changed.
pub fn caller_reference(site: &SiteName, n: u64, paths: &[String]) -> String {
    let mut hash = Sha256::new();
    for path in paths {
        hash.update(path);
        hash.update(b"\n");
    }
    format!("keyfront-{site}-{n}-{}", hex::encode(&hash.finalize()[..8]))
}

/// The longest that SQS holds a message back, in seconds.
const MAX_DELAY: u64 = 900;

/// What is left of the time after a switch; `None` once it is over. A switch in the future is one by another clock.
pub fn left_of(settling: Duration, since_switch: Option<Duration>) -> Option<Duration> {
    let since = since_switch.unwrap_or_default();
    settling.checked_sub(since).filter(|left| !left.is_zero())
}
