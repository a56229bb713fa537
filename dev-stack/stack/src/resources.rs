//! What the stack's own resources are called.

use keyfront_iam::Account;

/// The name of the edge's role.
pub const EDGE_ROLE: &str = "keyfront-edge";
/// The name of the origin's role.
pub(super) const ORIGIN_ROLE: &str = "keyfront-origin";

/// The origin's function.
const ORIGIN_FUNCTION: &str = "keyfront-origin";

/// The id of the distribution.
pub(super) const DISTRIBUTION: &str = "EKEYFRONTDEV00";

/// The ARN of the origin's function.
pub(super) fn origin_function_arn(account: &Account) -> String {
    let (region, id) = (account.region(), account.id());
    format!("arn:aws:lambda:{region}:{id}:function:{ORIGIN_FUNCTION}")
}
