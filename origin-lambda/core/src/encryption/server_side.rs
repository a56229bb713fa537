//! How S3 is requested to encrypt, built once for every way of storing, and the one check that it did.

use std::fmt;

use keyfront_names::KeyArn;

use super::{CUSTOMER_ALGORITHM, CustomerKey};

/// What S3 is requested to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerSide {
    /// `aws:kms` with the configured key and a bucket key.
    Kms,
    /// `aws:kms:dsse` with the configured key; bucket keys do not go with it.
    DsseKms,
    /// `AES256`
    S3,
    /// A customer key, which goes in headers of its own.
    Customer,
}

/// The keys that a request may name or carry.
#[derive(Debug, Clone, Copy)]
pub struct SseKeys<'a> {
    /// The configured KMS key.
    pub kms: &'a KeyArn,
    /// The customer key of this request, if it has one.
    pub customer: Option<&'a CustomerKey>,
}

/// A request without a customer key.
impl<'a> From<&'a KeyArn> for SseKeys<'a> {
    fn from(kms: &'a KeyArn) -> Self {
        Self {
            kms,
            customer: None,
        }
    }
}

/// The encryption of one request, as S3's headers spell it.
#[derive(Debug, Clone, Copy)]
pub struct SseRequest<'a> {
    /// `x-amz-server-side-encryption`; `None` with a customer key.
    pub algorithm: Option<&'static str>,
    /// `x-amz-server-side-encryption-aws-kms-key-id`
    pub key_id: Option<&'a str>,
    /// `x-amz-server-side-encryption-bucket-key-enabled`
    pub bucket_key: Option<bool>,
    /// `x-amz-server-side-encryption-customer-*`
    pub customer_key: Option<&'a CustomerKey>,
}

/// The encryption that S3 reports of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseApplied {
    /// `x-amz-server-side-encryption`
    pub algorithm: Option<String>,
    /// `x-amz-server-side-encryption-aws-kms-key-id`
    pub key_id: Option<String>,
    /// `x-amz-server-side-encryption-bucket-key-enabled`
    pub bucket_key: Option<bool>,
    /// `x-amz-server-side-encryption-customer-algorithm`
    pub customer_algorithm: Option<String>,
    /// `x-amz-server-side-encryption-customer-key-MD5`
    pub customer_key_md5: Option<String>,
}

impl ServerSide {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Kms, Self::DsseKms, Self::S3, Self::Customer];

    /// The value of `x-amz-server-side-encryption`; for customer keys, which have none, the name they have in S3's
    /// inventories.
    pub const fn header_value(self) -> &'static str {
        match self {
            Self::Kms => "aws:kms",
            Self::DsseKms => "aws:kms:dsse",
            Self::S3 => "AES256",
            Self::Customer => "SSE-C",
        }
    }

    /// What to ask S3 for, with these keys.
    pub fn request<'a>(self, keys: impl Into<SseKeys<'a>>) -> SseRequest<'a> {
        let SseKeys { kms, customer } = keys.into();
        let customers = self == Self::Customer;
        SseRequest {
            algorithm: (!customers).then(|| self.header_value()),
            key_id: match self {
                Self::Kms | Self::DsseKms => Some(kms.as_str()),
                Self::S3 | Self::Customer => None,
            },
            bucket_key: (self == Self::Kms).then_some(true),
            customer_key: customer.filter(|_| customers),
        }
    }
}

impl SseRequest<'_> {
    /// The headers to sign for someone else to send. A customer key never is among them.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let algorithm = self.algorithm.map(str::to_owned);
        let mut headers: Vec<_> = algorithm
            .map(|algorithm| ("x-amz-server-side-encryption", algorithm))
            .into_iter()
            .collect();
        headers.extend(self.key_id.map(|key| {
            (
                "x-amz-server-side-encryption-aws-kms-key-id",
                key.to_owned(),
            )
        }));
        headers.extend(self.bucket_key.map(|enabled| {
            (
                "x-amz-server-side-encryption-bucket-key-enabled",
                enabled.to_string(),
            )
        }));
        headers
    }

    /// Whether S3 did what was requested. A bucket key that was not requested is no difference.
    pub fn is_met_by(&self, applied: &SseApplied) -> bool {
        if let Some(key) = self.customer_key {
            return applied.is_under(key);
        }
        self.algorithm.is_some()
            && applied.customer_algorithm.is_none()
            && applied.algorithm.as_deref() == self.algorithm
            && applied.key_id.as_deref() == self.key_id
            && (self.bucket_key.is_none() || applied.bucket_key == self.bucket_key)
    }
}

impl SseApplied {
    /// Whether S3 reports that it used this customer key.
    pub fn is_under(&self, key: &CustomerKey) -> bool {
        self.customer_algorithm.as_deref() == Some(CUSTOMER_ALGORITHM)
            && self.customer_key_md5.as_deref() == Some(key.md5())
    }

    /// The kind of encryption, if it is one that we ask for and under the configured key. Bucket keys do not count:
    /// they differ in cost alone.
    pub fn server_side(&self, key: &KeyArn) -> Option<ServerSide> {
        if self.customer_algorithm.as_deref() == Some(CUSTOMER_ALGORITHM) {
            return Some(ServerSide::Customer);
        }
        ServerSide::ALL.into_iter().find(|kind| {
            let request = SseRequest {
                bucket_key: None,
                ..kind.request(key)
            };
            request.is_met_by(self)
        })
    }
}

impl fmt::Display for SseApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} under {:?}, bucket key {:?}, customer key {:?}",
            self.algorithm, self.key_id, self.bucket_key, self.customer_key_md5
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encryption::CustomerKeyRing;

    fn key() -> KeyArn {
        KeyArn::parse("arn:aws:kms:eu-west-1:123456789012:key/1").unwrap()
    }

    fn applied(kind: ServerSide, bucket_key: Option<bool>) -> SseApplied {
        let key = key();
        let customer = ring();
        let keys = SseKeys {
            kms: &key,
            customer: Some(customer.writing()),
        };
        let request = kind.request(keys);
        SseApplied {
            algorithm: request.algorithm.map(str::to_owned),
            key_id: request.key_id.map(str::to_owned),
            bucket_key,
            customer_algorithm: request.customer_key.map(|_| CUSTOMER_ALGORITHM.to_owned()),
            customer_key_md5: request.customer_key.map(|key| key.md5().to_owned()),
        }
    }

    fn ring() -> CustomerKeyRing {
        CustomerKeyRing::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap()
    }

    #[test]
    fn only_the_echo_of_the_very_key_shows_that_s3_used_it() {
        let ring = ring();
        // By Python's hashlib, of 32 bytes 0x07.
        let own = Some("y4HAEFCYWuvAXWFTtA1Qpg==");
        for (algorithm, md5, met) in [
            (Some("AES256"), own, true),
            (Some("AES256"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="), false),
            (Some("AES256"), None, false),
            (None, own, false),
            (None, None, false),
        ] {
            let applied = SseApplied {
                customer_algorithm: algorithm.map(str::to_owned),
                customer_key_md5: md5.map(str::to_owned),
                ..SseApplied::default()
            };
            assert_eq!(applied.is_under(ring.writing()), met, "{applied}");
        }
    }

    #[test]
    fn sse_kms_alone_demands_a_bucket_key() {
        for (mode, reported, holds) in [
            (ServerSide::Kms, Some(true), true),
            (ServerSide::Kms, Some(false), false),
            (ServerSide::Kms, None, false),
            (ServerSide::DsseKms, None, true),
            (ServerSide::S3, None, true),
        ] {
            let met = mode.request(&key()).is_met_by(&applied(mode, reported));
            assert_eq!(met, holds, "{mode:?} {reported:?}");
        }
    }

    #[test]
    fn what_is_requested_is_what_is_checked() {
        for requested in ServerSide::ALL {
            for got in ServerSide::ALL {
                let (kms, customer) = (key(), ring());
                let keys = SseKeys {
                    kms: &kms,
                    customer: Some(customer.writing()),
                };
                let met = requested.request(keys).is_met_by(&applied(got, Some(true)));
                assert_eq!(met, requested == got, "{requested:?} {got:?}");
            }
            let other = SseApplied {
                key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/2".to_owned()),
                ..applied(requested, Some(true))
            };
            // Without a customer key nothing is met where one is called for.
            assert!(!requested.request(&key()).is_met_by(&other));
            let seen = other.server_side(&key());
            let customers = requested == ServerSide::Customer;
            assert_eq!(seen, customers.then_some(ServerSide::Customer));
            assert_eq!(
                applied(requested, None).server_side(&key()),
                Some(requested)
            );
        }
        assert_eq!(SseApplied::default().server_side(&key()), None);
    }

    #[test]
    fn headers_name_the_key_where_kms_encrypts() {
        let names = |kind: ServerSide| {
            let headers = kind.request(&key()).headers();
            headers
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(ServerSide::S3), ["x-amz-server-side-encryption"]);
        assert_eq!(names(ServerSide::DsseKms).len(), 2);
        assert_eq!(names(ServerSide::Kms).len(), 3);
        assert!(names(ServerSide::Customer).is_empty());
    }
}
