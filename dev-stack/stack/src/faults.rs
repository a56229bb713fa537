//! What can be broken on purpose when a stack starts, so that what explains failures is tried on real ones. A stack that
//! people start has none of it.
//!
//! Grants that are missing are [`StackConfig::withheld`](super::StackConfig)'s; what an API can break (a key, a policy, an
//! object) is broken by its API.

use std::net::SocketAddr;
use std::time::SystemTime;

/// The faults of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Milliseconds between the switch of a release and its invalidation, if not as long as deployed.
    pub release_settling: Option<u64>,
    /// Seconds after which a message of the queue comes again, if not as long as deployed.
    pub message_visibility: Option<u32>,
    /// Seconds the edge's clock is ahead of S3's; with [`EdgeKind::Native`](super::EdgeKind) only.
    pub edge_clock_ahead: i64,
    /// When the edge reads that its session ended.
    pub edge_session_ended: Option<SystemTime>,
    /// The site behind the default behaviour.
    pub site_header: SiteHeader,
    /// The functions of the default behaviour.
    pub edge_functions: EdgeFunctions,
    /// Where the CDN, and nobody else, finds S3.
    pub s3_for_cdn: Option<SocketAddr>,
    /// Wildcards that other invalidations of the distribution have in progress, of the 15 that may be.
    pub wildcards_in_progress: usize,
    /// Names of query parameters the default behaviour's cache policy drops although the site lists them.
    pub query_dropped: Vec<String>,
}

/// What the default behaviour's origin carries as `x-keyfront-site`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SiteHeader {
    /// The site of the stack.
    #[default]
    Own,
    /// No such header.
    Missing,
    /// Another text.
    Other(String),
}

/// Which functions the default behaviour has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EdgeFunctions {
    /// Both.
    #[default]
    Both,
    /// Requests are signed; answers pass as they are.
    RequestOnly,
    /// Requests pass as they are.
    None,
}
