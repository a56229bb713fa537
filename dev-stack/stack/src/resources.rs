//! What the stack's own resources are called.

use keyfront_iam::Account;

/// The name of the edge's role.
pub const EDGE_ROLE: &str = "keyfront-edge";
/// The name of the origin's role.
pub(super) const ORIGIN_ROLE: &str = "keyfront-origin";

/// The queue of pending invalidations.
pub(super) const RELEASE_QUEUE: &str = "keyfront-releases";
/// Where its messages go that nobody could carry out.
pub(super) const DEAD_LETTERS: &str = "keyfront-releases-failed";

/// The origin's function.
const ORIGIN_FUNCTION: &str = "keyfront-origin";

/// The id of the distribution.
pub(super) const DISTRIBUTION: &str = "EKEYFRONTDEV00";

/// The ARN of the origin's function.
pub(super) fn origin_function_arn(account: &Account) -> String {
    let (region, id) = (account.region(), account.id());
    format!("arn:aws:lambda:{region}:{id}:function:{ORIGIN_FUNCTION}")
}

/// The URL of the queue of pending invalidations, at this endpoint.
pub(super) fn release_queue_url(endpoint: &str, account: &Account) -> String {
    format!("{endpoint}/{}/{RELEASE_QUEUE}", account.id())
}
