//! Credentials: who signs, with what, for how long a session.
//!
//! Secrets are newtypes, redacted in `Debug` and zeroized on drop. It does not fetch, refresh or validate the
//! expiry of credentials: the adapter reads them for every request.

use alloc::string::String;
use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{error::SigningError, wipe};

/// An access key, its secret, and the session token that temporary credentials carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The public half (`AKIA...`, `ASIA...`), checked by [`Credentials::new`].
    access_key_id: String,
    secret_access_key: SecretAccessKey,
    session_token: Option<SessionToken>,
}

impl Credentials {
    /// # Errors
    /// [`SigningError::AccessKeyId`] unless the id is one or more of `A-Za-z0-9-._` (it becomes part of the
    /// `Authorization` header and of the scope, where `/`, `,` and spaces are separators).
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: SecretAccessKey,
        session_token: Option<SessionToken>,
    ) -> Result<Self, SigningError> {
        let access_key_id = access_key_id.into();
        if !is_name(&access_key_id) {
            return Err(SigningError::AccessKeyId);
        }
        Ok(Self {
            access_key_id,
            secret_access_key,
            session_token,
        })
    }

    /// The public half of the key.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret half of the key.
    #[must_use]
    pub fn secret_access_key(&self) -> &SecretAccessKey {
        &self.secret_access_key
    }

    /// The session token, present for temporary credentials.
    #[must_use]
    pub fn session_token(&self) -> Option<&SessionToken> {
        self.session_token.as_ref()
    }
}

/// A type for a secret that is visible ASCII and not empty: redacted in `Debug`, wiped on drop.
macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident, $refusal:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// # Errors
            #[doc = concat!("[`SigningError::", stringify!($refusal), "`] if empty or not visible ASCII; what was passed is then wiped.")]
            pub fn new(secret: impl Into<String>) -> Result<Self, SigningError> {
                let secret = Self(secret.into());
                if is_visible_ascii(&secret.0) {
                    Ok(secret)
                } else {
                    Err(SigningError::$refusal)
                }
            }

            /// The secret itself. Never log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Whether this is the secret. Its own bytes decide how long that takes: not for what a stranger sends.
            #[must_use]
            pub fn is(&self, text: &str) -> bool {
                is_same(&self.0, text)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.zeroize();
            }
        }

        impl Zeroize for $name {
            fn zeroize(&mut self) {
                wipe::text(&mut self.0);
            }
        }

        impl ZeroizeOnDrop for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

secret_text! {
    /// The secret half of an access key: visible ASCII, not empty.
    SecretAccessKey, SecretAccessKey
}

secret_text! {
    /// The token of a temporary session: visible ASCII, not empty.
    SessionToken, SessionToken
}

/// Equality, sixteen bytes at a time: in WASM `memcmp` looks at every byte, and a token has nine hundred.
fn is_same(left: &str, right: &str) -> bool {
    let (left_blocks, left_rest) = left.as_bytes().as_chunks::<16>();
    let (right_blocks, right_rest) = right.as_bytes().as_chunks::<16>();
    let words = |blocks: &[u8; 16]| u128::from_ne_bytes(*blocks);
    left.len() == right.len()
        && left_blocks
            .iter()
            .map(words)
            .eq(right_blocks.iter().map(words))
        && left_rest == right_rest
}

/// What may stand between the separators of a credential scope.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_name_byte)
}

pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_visible_ascii(text: &str) -> bool {
    // Without an early exit, the loop is vectorised.
    !text.is_empty()
        && text
            .bytes()
            .fold(true, |all, byte| all & byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_itself_and_no_other_text() {
        for length in [1, 15, 16, 17, 40, 48] {
            let text = "s".repeat(length);
            let secret = SecretAccessKey::new(text.as_str()).unwrap();
            let token = SessionToken::new(text.as_str()).unwrap();
            assert!(secret.is(&text) && token.is(&text));
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "t");
                assert!(!secret.is(&other) && !token.is(&other), "{at} of {length}");
            }
            assert!(!secret.is(&text[1..]) && !secret.is(&(text + "s")));
        }
    }

    fn is_wiped_on_drop(_: &impl ZeroizeOnDrop) {}

    #[test]
    fn secrets_are_wiped_on_drop() {
        let mut secret = SecretAccessKey::new("secret").unwrap();
        let mut token = SessionToken::new("token").unwrap();
        is_wiped_on_drop(&secret);
        is_wiped_on_drop(&token);
        secret.zeroize();
        token.zeroize();
        assert_eq!((secret.expose(), token.expose()), ("", ""));
    }
}
