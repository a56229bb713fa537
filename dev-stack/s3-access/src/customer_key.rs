//! Customer keys (SSE-C): the three headers that carry one, and whether what they carry is one.
//!
//! A key lives as long as its request. What stays of it is a data key that opens under it alone
//! ([`Protection::Customer`](keyfront_dev_s3_store::catalog::Protection::Customer)).
//!
//! Spec: *Using server-side encryption with customer-provided keys (SSE-C)* (Amazon S3 User Guide); the words of the
//! refusals are S3's.

use base64::{Engine, engine::general_purpose::STANDARD};
use keyfront_dev_s3_store::{
    catalog::{Bucket, CustomerKeys},
    data_key::DataKey,
};
use keyfront_dev_s3_wire::error_response::{coded, invalid_argument, refused};
use md5::{Digest, Md5};
use s3s::{S3Error, S3ErrorCode, S3Result};
use zeroize::Zeroizing;

/// The one algorithm.
pub const ALGORITHM: &str = "AES256";

/// A customer's key, as a request presents it. Never printed.
#[derive(Clone, Debug)]
pub struct CustomerKey {
    key: DataKey,
    md5: String,
}

/// The headers of one key, as they came.
#[derive(Default)]
pub struct CustomerKeyHeaders {
    /// `…-customer-algorithm`
    pub algorithm: Option<String>,
    /// `…-customer-key`
    pub key: Option<String>,
    /// `…-customer-key-MD5`
    pub md5: Option<String>,
}

/// Moves the headers of the key that a request presents for its object out of the input; S3's inputs share the names, not
/// a type.
#[macro_export]
macro_rules! customer_key {
    ($input:ident) => {
        $crate::customer_key::CustomerKeyHeaders {
            algorithm: $input.sse_customer_algorithm.take(),
            key: $input.sse_customer_key.take(),
            md5: $input.sse_customer_key_md5.take(),
        }
    };
}

/// Moves the headers of the key that a request presents for the source of a copy out of the input.
#[macro_export]
macro_rules! source_customer_key {
    ($input:ident) => {
        $crate::customer_key::CustomerKeyHeaders {
            algorithm: $input.copy_source_sse_customer_algorithm.take(),
            key: $input.copy_source_sse_customer_key.take(),
            md5: $input.copy_source_sse_customer_key_md5.take(),
        }
    };
}

impl CustomerKeyHeaders {
    /// The key of a write into `bucket`.
    ///
    /// # Errors
    /// `AccessDenied` where the bucket blocks SSE-C, whatever the headers say; as [`Self::read`].
    pub fn admit(self, bucket: &Bucket) -> S3Result<Option<CustomerKey>> {
        match bucket.customer_keys {
            CustomerKeys::Blocked if !self.is_empty() => {
                Err(refused(S3ErrorCode::AccessDenied, "Access Denied"))
            }
            CustomerKeys::Blocked | CustomerKeys::Allowed => self.read(),
        }
    }

    fn is_empty(&self) -> bool {
        self.algorithm.is_none() && self.key.is_none() && self.md5.is_none()
    }

    /// The key; `None` where no header is about one.
    ///
    /// # Errors
    /// `InvalidArgument` for a header that is missing, a key that is not 32 bytes, or a digest that is not the key's.
    pub fn read(self) -> S3Result<Option<CustomerKey>> {
        if self.is_empty() {
            return Ok(None);
        }
        let Self {
            algorithm,
            key,
            md5,
        } = self;
        let algorithm = algorithm.ok_or_else(|| must_provide("a valid encryption algorithm."))?;
        if algorithm != ALGORITHM {
            return Err(coded(
                http::StatusCode::BAD_REQUEST,
                "InvalidEncryptionAlgorithmError",
                "The encryption request you specified is not valid. Supported value: AES256.",
            ));
        }
        let key = key.ok_or_else(|| must_provide("an appropriate secret key."))?;
        let md5 =
            md5.ok_or_else(|| must_provide("the client calculated MD5 of the secret key."))?;
        let bytes = STANDARD.decode(Zeroizing::new(key).as_bytes());
        let bytes = Zeroizing::new(bytes.unwrap_or_default());
        let key = DataKey::from_slice(&bytes).ok_or_else(|| {
            invalid_argument("The secret key was invalid for the specified algorithm.")
        })?;
        if STANDARD.encode(Md5::digest(&*bytes)) != md5 {
            return Err(invalid_argument(
                "The calculated MD5 hash of the key did not match the hash that was provided.",
            ));
        }
        Ok(Some(CustomerKey { key, md5 }))
    }
}

impl CustomerKey {
    /// The key itself.
    pub fn key(&self) -> &DataKey {
        &self.key
    }

    /// Base64 of the key's MD5, as answers repeat it.
    pub fn md5(&self) -> &str {
        &self.md5
    }
}

fn must_provide(what: &str) -> S3Error {
    invalid_argument(format!(
        "Requests specifying Server Side Encryption with Customer provided keys must provide {what}"
    ))
}

/// The object is under a customer key, and none was presented.
pub fn missing() -> S3Error {
    let message = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided \
                   to retrieve the object.";
    refused(S3ErrorCode::InvalidRequest, message)
}

/// A key was presented, and the object is under none.
pub fn not_applicable() -> S3Error {
    let message = "The encryption parameters are not applicable to this object.";
    refused(S3ErrorCode::InvalidRequest, message)
}

/// A part without the key that its upload began with.
pub fn missing_for_part() -> S3Error {
    let message = "The multipart upload initiate requested encryption. Subsequent part requests must include the \
                   appropriate encryption parameters.";
    refused(S3ErrorCode::InvalidRequest, message)
}

/// A part under another key than its upload began with.
pub fn other_for_part() -> S3Error {
    invalid_argument("The provided encryption parameters did not match the ones used originally.")
}

/// Tests compare choices; the digest stands for the key.
#[cfg(test)]
impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        self.md5 == other.md5
    }
}

#[cfg(test)]
impl Eq for CustomerKey {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Key and digest of 32 bytes 0x07, by Python's hashlib.
    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    const MD5: &str = "y4HAEFCYWuvAXWFTtA1Qpg==";

    fn headers(
        algorithm: Option<&str>,
        key: Option<&str>,
        md5: Option<&str>,
    ) -> CustomerKeyHeaders {
        CustomerKeyHeaders {
            algorithm: algorithm.map(str::to_owned),
            key: key.map(str::to_owned),
            md5: md5.map(str::to_owned),
        }
    }

    #[test]
    fn a_customer_key_is_32_bytes_with_their_md5() {
        assert!(headers(None, None, None).read().unwrap().is_none());
        let key = headers(Some("AES256"), Some(KEY), Some(MD5)).read();
        let key = key.unwrap().unwrap();
        assert_eq!((key.key().expose(), key.md5()), (&[7; 32], MD5));
        assert!(!format!("{key:?}").contains("BwcH"));
    }

    #[test]
    fn a_header_that_is_missing_or_wrong_is_named_as_s3_does() {
        let (algorithm, key, md5) = (Some("AES256"), Some(KEY), Some(MD5));
        for (headers, code, says) in [
            (
                headers(None, key, md5),
                "InvalidArgument",
                "encryption algorithm",
            ),
            (
                headers(Some("AES128"), key, md5),
                "InvalidEncryptionAlgorithmError",
                "AES256",
            ),
            (
                headers(algorithm, None, md5),
                "InvalidArgument",
                "secret key",
            ),
            (
                headers(algorithm, key, None),
                "InvalidArgument",
                "client calculated MD5",
            ),
            (
                headers(algorithm, Some("c2hvcnQ="), md5),
                "InvalidArgument",
                "was invalid for",
            ),
            (
                headers(algorithm, Some("?"), md5),
                "InvalidArgument",
                "was invalid for",
            ),
            (
                headers(algorithm, key, Some("1B2M2Y8AsgTpgAmY7PhCfg==")),
                "InvalidArgument",
                "did not match",
            ),
        ] {
            let error = headers.read().unwrap_err();
            assert_eq!(error.code().as_str(), code, "{says}");
            assert!(error.message().unwrap().contains(says), "{says}");
        }
    }
}
