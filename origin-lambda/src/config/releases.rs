//! How the CDN comes to forget what an activation replaced.

use std::time::Duration;

use keyfront_origin_core::releases::SETTLING;

use super::{
    endpoint::endpoint,
    error::{ConfigError, invalid},
};

/// URL of the SQS queue that holds pending invalidations back (optional; without it they are carried out by the first
/// request for the release's state that comes late enough).
pub const RELEASE_QUEUE: &str = "KEYFRONT_RELEASE_QUEUE";
/// Milliseconds between a switch and its invalidation (optional; local stacks).
pub const RELEASE_SETTLING: &str = "KEYFRONT_RELEASE_SETTLING";
/// Another SQS endpoint than AWS's (optional; local stacks).
pub const SQS_ENDPOINT: &str = "KEYFRONT_SQS_ENDPOINT";

/// The queue and the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The queue's URL.
    pub queue: Option<String>,
    /// SQS endpoint override.
    pub sqs_endpoint: Option<String>,
    /// How long after a switch an edge may still serve what was before it.
    pub settling: Duration,
}

impl Default for ReleaseSettings {
    fn default() -> Self {
        Self {
            queue: None,
            sqs_endpoint: None,
            settling: SETTLING,
        }
    }
}

impl ReleaseSettings {
    pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settling = match optional(RELEASE_SETTLING) {
            None => SETTLING,
            Some(text) => text
                .parse()
                .map(Duration::from_millis)
                .map_err(|_| invalid(RELEASE_SETTLING, "expected a number of milliseconds"))?,
        };
        Ok(Self {
            queue: optional(RELEASE_QUEUE).map(queue_url).transpose()?,
            sqs_endpoint: optional(SQS_ENDPOINT)
                .map(|url| endpoint(SQS_ENDPOINT, url))
                .transpose()?,
            settling,
        })
    }
}

/// It goes into documents as it is; where calls go is the endpoint's.
fn queue_url(url: String) -> Result<String, ConfigError> {
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    match is_url && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(url),
        false => Err(invalid(RELEASE_QUEUE, "expected the URL of an SQS queue")),
    }
}
