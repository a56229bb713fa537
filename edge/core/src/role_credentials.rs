//! The role's credentials: what the host found, and what is remembered of it.

use keyfront_sigv4::{Credentials, SecretAccessKey, SessionToken};

use crate::refusal::Refusal;

/// The role's credentials as the host found them for this very request.
#[derive(Clone, Copy)]
pub struct RoleCredentials<'a> {
    /// `""` if there is none.
    pub access_key_id: &'a str,
    /// `""` if there is none.
    pub secret_access_key: &'a str,
    /// `""` if the credentials are long-lived.
    pub session_token: &'a str,
    /// End of the session in Unix seconds, where the host knows it.
    pub expires_at: Option<i64>,
}

impl core::fmt::Debug for RoleCredentials<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RoleCredentials(redacted)")
    }
}

/// Credentials are compared, not remembered by name: a rotated secret is seen with the first request that has it.
pub(crate) fn current<'m>(
    memory: &'m mut Option<Credentials>,
    role: &RoleCredentials<'_>,
    now: i64,
) -> Result<&'m Credentials, Refusal> {
    if role.access_key_id.is_empty() || role.secret_access_key.is_empty() {
        return Err(Refusal::CredentialsMissing);
    }
    if role.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::CredentialsExpired);
    }
    if !memory.as_ref().is_some_and(|known| is_same(known, role)) {
        *memory = Some(parsed(role)?);
    }
    memory.as_ref().ok_or(Refusal::CredentialsMissing)
}

fn is_same(known: &Credentials, role: &RoleCredentials<'_>) -> bool {
    known.access_key_id() == role.access_key_id
        && known.secret_access_key().is(role.secret_access_key)
        && match known.session_token() {
            Some(token) => token.is(role.session_token),
            None => role.session_token.is_empty(),
        }
}

fn parsed(role: &RoleCredentials<'_>) -> Result<Credentials, Refusal> {
    let token = (!role.session_token.is_empty())
        .then(|| SessionToken::new(role.session_token))
        .transpose();
    let secret = SecretAccessKey::new(role.secret_access_key);
    match (secret, token) {
        (Ok(secret), Ok(token)) => Credentials::new(role.access_key_id, secret, token)
            .map_err(|_| Refusal::CredentialsMissing),
        _ => Err(Refusal::CredentialsMissing),
    }
}
