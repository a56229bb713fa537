//! Customer keys (SSE-C): the text of an SSM parameter as keys, and the headers one goes in.
//!
//! Nothing of a key is printed or serialized; its MD5 is not secret, and S3 repeats it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

/// The one algorithm: `x-amz-server-side-encryption-customer-algorithm`.
pub const CUSTOMER_ALGORITHM: &str = "AES256";

/// Keys of one parameter: the one that encrypts, and those it took the place of.
const MOST_KEYS: usize = 4;

/// 256 bits that S3 encrypts an object with and does not keep. Wiped on drop, never printed.
#[derive(Clone)]
pub struct CustomerKey {
    base64: Zeroizing<String>,
    md5: String,
}

/// The keys of a parameter, one to four: the first encrypts, each may be the one that an object is under.
#[derive(Clone, Debug)]
pub struct CustomerKeyRing(Vec<CustomerKey>);

/// A parameter does not hold customer keys. It says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 32 random bytes in base64; to rotate the key, add the new one on a line above the old one, four lines at most"
)]
pub struct NotCustomerKeys;

impl CustomerKey {
    /// Reads base64 of 32 bytes.
    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        (bytes.len() == 32).then(|| Self {
            base64: Zeroizing::new(text.to_owned()),
            md5: STANDARD.encode(Md5::digest(&*bytes)),
        })
    }

    /// `x-amz-server-side-encryption-customer-key`; secret.
    pub fn header_value(&self) -> &str {
        &self.base64
    }

    /// `x-amz-server-side-encryption-customer-key-MD5`
    pub fn md5(&self) -> &str {
        &self.md5
    }
}

impl CustomerKeyRing {
    /// Reads the value of a parameter: keys in base64, one a line.
    ///
    /// # Errors
    /// It holds none, more than four, or something else.
    pub fn parse(value: &str) -> Result<Self, NotCustomerKeys> {
        let keys: Option<Vec<_>> = value
            .trim()
            .lines()
            .map(str::trim)
            .map(CustomerKey::parse)
            .collect();
        match keys {
            Some(keys) if (1..=MOST_KEYS).contains(&keys.len()) => Ok(Self(keys)),
            _ => Err(NotCustomerKeys),
        }
    }

    /// The key that encrypts.
    pub fn writing(&self) -> &CustomerKey {
        &self.0[0]
    }

    /// The keys that an object may be under, the likeliest first.
    pub fn reading(&self) -> &[CustomerKey] {
        &self.0
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::{Zeroize as _, ZeroizeOnDrop};

    use super::*;

    /// 32 bytes 0x07 and their MD5, by Python's hashlib.
    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    const MD5: &str = "y4HAEFCYWuvAXWFTtA1Qpg==";

    #[test]
    fn a_parameter_holds_one_to_four_customer_keys_and_the_first_encrypts() {
        let other = STANDARD.encode([8; 32]);
        let ring = CustomerKeyRing::parse(&format!("{KEY}\n{other}\n")).unwrap();
        assert_eq!(ring.writing().header_value(), KEY);
        assert_eq!(ring.writing().md5(), MD5);
        assert_eq!(ring.reading().len(), 2);
        let five = format!("{KEY}\n").repeat(5);
        for text in [
            "",
            "c2hvcnQ=",
            "not base64",
            &five,
            &format!("{KEY}\n\n{KEY}"),
        ] {
            assert!(CustomerKeyRing::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_customer_key_is_redacted_and_wiped_on_drop() {
        fn wiped_on_drop<T: ZeroizeOnDrop>(_: &T) {}
        let ring = CustomerKeyRing::parse(KEY).unwrap();
        assert_eq!(
            format!("{ring:?}"),
            "CustomerKeyRing([CustomerKey(redacted)])"
        );
        assert!(!NotCustomerKeys.to_string().contains(KEY));
        let mut key = ring.writing().clone();
        wiped_on_drop(&key.base64);
        key.base64.zeroize();
        assert!(key.base64.is_empty());
    }
}
