//! How S3 is requested to encrypt, built once for every way of storing, and the one check that it did.

use std::fmt;

use keyfront_names::KeyArn;

/// What S3 is requested to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerSide {
    /// `aws:kms` with the configured key and a bucket key.
    Kms,
    /// `aws:kms:dsse` with the configured key; bucket keys do not go with it.
    DsseKms,
    /// `AES256`
    S3,
}

/// The encryption of one request, as S3's headers spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseRequest<'a> {
    /// `x-amz-server-side-encryption`
    pub algorithm: &'static str,
    /// `x-amz-server-side-encryption-aws-kms-key-id`
    pub key_id: Option<&'a str>,
    /// `x-amz-server-side-encryption-bucket-key-enabled`
    pub bucket_key: Option<bool>,
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
}

impl ServerSide {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kms, Self::DsseKms, Self::S3];

    /// The value of `x-amz-server-side-encryption`.
    pub const fn header_value(self) -> &'static str {
        match self {
            Self::Kms => "aws:kms",
            Self::DsseKms => "aws:kms:dsse",
            Self::S3 => "AES256",
        }
    }

    /// What to ask S3 for, with `key` as the configured key.
    pub fn request(self, key: &KeyArn) -> SseRequest<'_> {
        SseRequest {
            algorithm: self.header_value(),
            key_id: match self {
                Self::Kms | Self::DsseKms => Some(key.as_str()),
                Self::S3 => None,
            },
            bucket_key: (self == Self::Kms).then_some(true),
        }
    }
}

impl SseRequest<'_> {
    /// The headers to send, or to sign for someone else to send.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-amz-server-side-encryption", self.algorithm.to_owned())];
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
        applied.algorithm.as_deref() == Some(self.algorithm)
            && applied.key_id.as_deref() == self.key_id
            && (self.bucket_key.is_none() || applied.bucket_key == self.bucket_key)
    }
}

impl SseApplied {
    /// The kind of encryption, if it is one that we ask for and under the configured key. Bucket keys do not count:
    /// they differ in cost alone.
    pub fn server_side(&self, key: &KeyArn) -> Option<ServerSide> {
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
            "{:?} under {:?}, bucket key {:?}",
            self.algorithm, self.key_id, self.bucket_key
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> KeyArn {
        KeyArn::parse("arn:aws:kms:eu-west-1:123456789012:key/1").unwrap()
    }

    fn applied(kind: ServerSide, bucket_key: Option<bool>) -> SseApplied {
        SseApplied {
            algorithm: Some(kind.header_value().to_owned()),
            key_id: kind.request(&key()).key_id.map(str::to_owned),
            bucket_key,
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
                let met = requested
                    .request(&key())
                    .is_met_by(&applied(got, Some(true)));
                assert_eq!(met, requested == got, "{requested:?} {got:?}");
            }
            let other = SseApplied {
                key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/2".to_owned()),
                ..applied(requested, Some(true))
            };
            assert!(!requested.request(&key()).is_met_by(&other));
            assert_eq!(other.server_side(&key()), None);
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
    }
}
