//! New tokens.

use anyhow::Context as _;
use keyfront_origin_core::publisher::{NewToken, PublisherToken, Publishers};
use time::OffsetDateTime;

use super::moment::token_id;

/// Gives a publisher a token whose id says when it was made.
///
/// # Errors
/// There is no such publisher, or it may have no further token; the system gives no randomness.
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
    let token =
        PublisherToken::generate(getrandom::fill).context("no random bytes for a new token")?;
    let new = NewToken {
        id: &id,
        token: &token,
        expires,
    };
    policy.issue_token(publisher, new, now)?;
    Ok(token)
}
