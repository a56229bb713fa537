//! Step 4: the signature, HMAC-SHA256 of the string to sign under the signing key
//! ([`SigningKey::sign`](crate::SigningKey::sign)), as it is sent.

use core::fmt;

use crate::hex::HexDigest;

/// A signature: 64 lower-case hexadecimal digits. Not a secret once sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(HexDigest);

impl Signature {
    pub(crate) fn of(mac: &[u8; 32]) -> Self {
        Self(HexDigest::of(mac))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}
