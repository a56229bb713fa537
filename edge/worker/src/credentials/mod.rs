//! Credentials: where the keys come from that requests are signed with.
//!
//! They are read for every request and given to the core as they are: missing ones are the core's to refuse.

use keyfront_edge::{Refusal, RoleCredentials};
use worker::{Context, Env};
use zeroize::Zeroizing;

use crate::sites::Entry;

/// Credentials found for one request; `""` for what there is not.
pub struct Found {
    access_key_id: Zeroizing<String>,
    secret_access_key: Zeroizing<String>,
    session_token: Zeroizing<String>,
    expires_at: Option<i64>,
}

impl core::fmt::Debug for Found {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Found(redacted)")
    }
}

impl Found {
    /// As the core takes them.
    #[must_use]
    pub fn role(&self) -> RoleCredentials<'_> {
        RoleCredentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            session_token: &self.session_token,
            expires_at: self.expires_at,
        }
    }
}

/// The credentials a site's requests are signed with at `now` (Unix seconds): the Worker's secrets
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
///
/// # Errors
/// The refusal that answers the request.
pub async fn find(
    env: &Env,
    _context: &Context,
    _entry: &Entry,
    _now: i64,
) -> Result<Found, Refusal> {
    let secret = |name| {
        let text = env.secret(name).map(|secret| secret.to_string());
        Zeroizing::new(text.unwrap_or_default())
    };
    Ok(Found {
        access_key_id: secret("AWS_ACCESS_KEY_ID"),
        secret_access_key: secret("AWS_SECRET_ACCESS_KEY"),
        session_token: secret("AWS_SESSION_TOKEN"),
        expires_at: None,
    })
}
