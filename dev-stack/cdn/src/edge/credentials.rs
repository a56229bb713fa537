//! The credentials of the functions' role.
//!
//! Holds them; where they come from and when they rotate is the caller's.

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroize;

/// The credentials functions find in `process.env`, read anew for every invocation.
#[derive(Clone)]
pub struct EdgeCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`; unset for long-lived credentials.
    pub session_token: Option<String>,
    /// `AWS_CREDENTIAL_EXPIRATION`, where the function knows the end of its session.
    pub expires_at: Option<SystemTime>,
}

impl Zeroize for EdgeCredentials {
    fn zeroize(&mut self) {
        self.access_key_id.zeroize();
        self.secret_access_key.zeroize();
        self.session_token.zeroize();
    }
}

impl Drop for EdgeCredentials {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for EdgeCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"redacted")
            .field("session_token", &"redacted")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted_and_zeroized() {
        let mut credentials = EdgeCredentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "very-secret".into(),
            session_token: Some("very-token".into()),
            expires_at: None,
        };
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("very-"));
        credentials.zeroize();
        assert!(credentials.secret_access_key.is_empty());
        assert!(credentials.session_token.is_none());
    }
}
