//! Access keys, secrets and session tokens; secrets never print and are wiped when dropped.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The secret half of an access key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SecretAccessKey(Zeroizing<String>);

/// The token that proves a session; sent in `x-amz-security-token`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SessionToken(Zeroizing<String>);

macro_rules! secret_text {
    ($name:ident, $shown:literal) => {
        impl $name {
            /// The secret itself, for the one call that needs it.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Compares without revealing by its duration where the first difference is.
            pub fn matches(&self, presented: &str) -> bool {
                self.0.as_bytes().ct_eq(presented.as_bytes()).into()
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Zeroizing::new(text))
            }
        }

        impl From<$name> for String {
            fn from(secret: $name) -> Self {
                secret.expose().to_owned()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($shown)
            }
        }
    };
}

secret_text!(SecretAccessKey, "SecretAccessKey(redacted)");
secret_text!(SessionToken, "SessionToken(redacted)");

/// What a client needs to sign: the shape STS answers and `.keyfront/dev.json` lists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// `AKIA...` for long-lived keys, `ASIA...` for sessions; twenty characters.
    pub access_key_id: String,
    /// The signing secret.
    pub secret_access_key: SecretAccessKey,
    /// Present for sessions only.
    pub session_token: Option<SessionToken>,
    /// When the session ends; long-lived keys have no end.
    pub expires_at: Option<SystemTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let credentials = Credentials {
            access_key_id: "AKIAEXAMPLE".into(),
            secret_access_key: SecretAccessKey::from("very-secret".to_owned()),
            session_token: Some(SessionToken::from("very-secret-token".to_owned())),
            expires_at: None,
        };
        let shown = format!("{credentials:?}");
        assert!(!shown.contains("very-secret"), "{shown}");
        assert!(shown.contains("AKIAEXAMPLE"));
    }

    #[test]
    fn secrets_are_wiped_on_drop() {
        fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped_on_drop(&SecretAccessKey::from("s".to_owned()).0);
        wiped_on_drop(&SessionToken::from("s".to_owned()).0);
    }

    #[test]
    fn comparison_is_exact() {
        let token = SessionToken::from("abc".to_owned());
        assert!(token.matches("abc"));
        assert!(!token.matches("abd") && !token.matches("ab") && !token.matches("abcd"));
    }
}
