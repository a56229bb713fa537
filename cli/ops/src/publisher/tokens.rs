//! New tokens.

use keyfront_origin::publisher::{PublisherToken, Publishers};
use time::OffsetDateTime;

use super::moment::token_id;

/// Gives a publisher a token whose id says when it was made.
///
/// # Errors
/// There is no such publisher, or it may have no further token.
pub(crate) fn issue(
    policy: &mut Publishers,
    publisher: &str,
    expires: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> anyhow::Result<PublisherToken> {
    let entry = policy
        .publishers()
        .iter()
        .find(|entry| entry.id == publisher);
    let taken = entry.map_or(&[][..], |entry| &entry.tokens);
    let id = token_id(now, |id| taken.iter().any(|token| token.id == id));
    Ok(policy.issue_token(publisher, &id, expires, now)?)
}
