//! The names of general purpose buckets, by S3's rules for new ones.
//!
//! Source: Amazon S3 User Guide, "General purpose bucket naming rules". Aliases of access points are bucket names by
//! these rules, as S3 means them to be; those of Multi-Region Access Points and directory buckets are not, since they
//! are reached at other hosts.

use alloc::string::String;
use core::fmt;

/// Beginnings that S3 keeps for itself.
const RESERVED_PREFIXES: [&str; 2] = ["xn--", "sthree-"];

/// Ends that name something other than a general purpose bucket.
const RESERVED_SUFFIXES: [&str; 3] = [".mrap", "--x-s3", "--table-s3"];

/// Why a text is not a bucket name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketNameError {
    /// Shorter than 3 or longer than 63 bytes.
    #[error("it has {bytes} characters, not 3 to 63")]
    Length {
        /// The length of the text.
        bytes: usize,
    },
    /// Something other than a lower-case letter, digit, dot or hyphen.
    #[error("only lower-case letters, digits, dots and hyphens are allowed (byte {at})")]
    Character {
        /// Offset in the text.
        at: usize,
    },
    /// It begins or ends with a dot or a hyphen.
    #[error("it must begin and end with a letter or digit")]
    Ends,
    /// Two dots in a row.
    #[error("labels must not be empty")]
    EmptyLabel,
    /// It reads like an IPv4 address.
    #[error("it must not be formatted as an IP address")]
    IpAddress,
    /// A beginning or end that S3 keeps for other things.
    #[error("{0:?} is reserved by S3")]
    Reserved(&'static str),
}

/// The name of a general purpose bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

impl BucketName {
    /// Validates a name.
    ///
    /// # Errors
    /// [`BucketNameError`], the first rule that is broken.
    pub fn new(name: impl Into<String>) -> Result<Self, BucketNameError> {
        let name = name.into();
        validate(&name)?;
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has a dot, which breaks TLS on virtual-hosted addresses: S3's certificates cover one label.
    #[must_use]
    pub fn has_dot(&self) -> bool {
        self.0.bytes().any(|byte| byte == b'.')
    }

    /// The name, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn validate(name: &str) -> Result<(), BucketNameError> {
    let bytes = name.as_bytes();
    if !(3..=63).contains(&bytes.len()) {
        return Err(BucketNameError::Length { bytes: bytes.len() });
    }
    let legal = |byte: &u8| is_alphanumeric(*byte) || matches!(byte, b'.' | b'-');
    if let Some(at) = bytes.iter().position(|byte| !legal(byte)) {
        return Err(BucketNameError::Character { at });
    }
    if !is_alphanumeric(bytes[0]) || !is_alphanumeric(bytes[bytes.len() - 1]) {
        return Err(BucketNameError::Ends);
    }
    if bytes.windows(2).any(|pair| pair == b"..") {
        return Err(BucketNameError::EmptyLabel);
    }
    let digits_and_dots = bytes
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if digits_and_dots && bytes.iter().filter(|byte| **byte == b'.').count() == 3 {
        return Err(BucketNameError::IpAddress);
    }
    for reserved in RESERVED_PREFIXES {
        if name.starts_with(reserved) {
            return Err(BucketNameError::Reserved(reserved));
        }
    }
    for reserved in RESERVED_SUFFIXES {
        if name.ends_with(reserved) {
            return Err(BucketNameError::Reserved(reserved));
        }
    }
    Ok(())
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_s3_gives_are_accepted() {
        for name in [
            "abc",
            "a-b",
            "my.bucket",
            "123",
            "1.2.3",
            "a.b.c.d",
            "edge-1234567890-s3alias",
            &"a".repeat(63),
        ] {
            assert_eq!(BucketName::new(name).unwrap().as_str(), name);
        }
        assert!(BucketName::new("my.bucket").unwrap().has_dot());
        assert!(!BucketName::new("my-bucket").unwrap().has_dot());
    }

    #[test]
    fn names_that_s3_refuses_are_refused_for_their_own_reason() {
        use BucketNameError as E;
        for (name, reason) in [
            ("", E::Length { bytes: 0 }),
            ("ab", E::Length { bytes: 2 }),
            (&"a".repeat(64), E::Length { bytes: 64 }),
            ("Abc", E::Character { at: 0 }),
            ("a_b", E::Character { at: 1 }),
            ("a/b", E::Character { at: 1 }),
            ("abé", E::Character { at: 2 }),
            ("-abc", E::Ends),
            ("abc.", E::Ends),
            ("a..b", E::EmptyLabel),
            ("192.168.5.4", E::IpAddress),
            ("999.999.999.999", E::IpAddress),
            ("xn--abc", E::Reserved("xn--")),
            ("sthree-abc", E::Reserved("sthree-")),
            ("alias.mrap", E::Reserved(".mrap")),
            ("name--usw2-az1--x-s3", E::Reserved("--x-s3")),
        ] {
            assert_eq!(BucketName::new(name), Err(reason), "{name}");
        }
    }
}
