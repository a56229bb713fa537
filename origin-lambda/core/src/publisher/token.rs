//! Publishers' tokens: 256 random bits, shown once; only their SHA-256 is ever stored.
//!
//! It does not decide what a token opens.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

/// Marks Keyfront publishers' tokens for people and for secret scanners.
const PREFIX: &str = "kfp_";

/// A freshly made token. It is wiped on drop and redacted in `Debug`.
pub struct PublisherToken(Zeroizing<String>);

impl PublisherToken {
    /// Makes a token of 256 bits that `fill` takes from the operating system, as `getrandom::fill` does.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn generate<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        fill(secret.as_mut())?;
        Ok(Self::from_random(&secret))
    }

    /// Makes a token of 256 random bits.
    pub(crate) fn from_random(secret: &Zeroizing<[u8; 32]>) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 43));
        text.push_str(PREFIX);
        // The capacity holds prefix and 43 characters, so no unwiped copy is left by a reallocation.
        URL_SAFE_NO_PAD.encode_string(secret.as_slice(), &mut text);
        Self(text)
    }

    /// The text to show to the publisher, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored instead of the token.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for PublisherToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublisherToken(redacted)")
    }
}

/// The SHA-256 of a token's text. Equality takes the same time whatever the bytes are.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token as it was presented.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(redacted)")
    }
}

impl TryFrom<String> for TokenHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let mut hash = [0; 32];
        match hex::decode_to_slice(&text, &mut hash) {
            Ok(()) if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => Ok(Self(hash)),
            _ => Err("a token's sha256 must be 64 lower-case hexadecimal digits"),
        }
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hex::encode(hash.0)
    }
}

/// A token as the policy stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredToken {
    /// Name for people and logs; unique within its publisher.
    pub id: String,
    /// The token's hash.
    pub sha256: TokenHash,
    /// First moment at which the token is no longer accepted (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339")]
    pub expires: Option<OffsetDateTime>,
    /// Withdrawn before its time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

impl StoredToken {
    /// Whether the token is accepted at `now`.
    pub fn is_valid(&self, now: OffsetDateTime) -> bool {
        !self.revoked && self.expires.is_none_or(|end| now < end)
    }
}

mod rfc3339 {
    use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

    use super::{OffsetDateTime, Rfc3339};

    pub(super) fn serialize<S: Serializer>(
        moment: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => {
                serializer.serialize_str(&moment.format(&Rfc3339).map_err(ser::Error::custom)?)
            }
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Some)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(byte: u8) -> PublisherToken {
        PublisherToken::from_random(&Zeroizing::new([byte; 32]))
    }

    #[test]
    fn tokens_are_256_bits_with_a_printable_prefix_and_never_repeat() {
        let (one, two) = (token(1), token(2));
        let secret = one.reveal().strip_prefix("kfp_").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
        assert_ne!(one.reveal(), two.reveal());
        assert!(one.hash() != two.hash() && one.hash() == TokenHash::of(one.reveal()));
    }

    #[test]
    fn secrets_are_redacted() {
        let token = token(1);
        assert_eq!(format!("{token:?}"), "PublisherToken(redacted)");
        assert_eq!(format!("{:?}", token.hash()), "TokenHash(redacted)");
    }

    #[test]
    fn secrets_are_wiped_on_drop() {
        fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped_on_drop(&token(1).0);
    }
}
