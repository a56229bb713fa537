//! Which encryption a write asks for: its headers, else the bucket's default.
//!
//! Pure; the keys themselves come from [`crate::keyring`].

use keyfront_dev_s3_wire::error_response::{invalid_argument, not_implemented};
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use keyfront_dev_s3_store::catalog::{BucketDefault, Layers, Protection};
use s3s::{S3Result, dto::ServerSideEncryption};

use crate::customer_key::{ALGORITHM, CustomerKey};

/// The alias S3 uses when a writer asks for `aws:kms` and names no key.
const MANAGED_KEY: &str = "alias/aws/s3";

/// The encryption headers of a write, as they came.
#[derive(Clone, Debug, Default)]
pub struct EncryptionRequest {
    /// `x-amz-server-side-encryption`
    pub algorithm: Option<ServerSideEncryption>,
    /// `x-amz-server-side-encryption-aws-kms-key-id`
    pub key_id: Option<String>,
    /// `x-amz-server-side-encryption-context`: base64 of a JSON object of strings.
    pub context: Option<String>,
    /// `x-amz-server-side-encryption-bucket-key-enabled`
    pub bucket_key: Option<bool>,
    /// `x-amz-server-side-encryption-customer-*`
    pub customer: Option<CustomerKey>,
}

/// What an object will be encrypted with.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub enum Choice {
    /// SSE-S3
    S3,
    /// SSE-KMS
    Kms {
        /// Id, ARN or alias.
        key_id: String,
        /// Through a bucket key.
        bucket_key: bool,
        /// The writer's own context pairs; S3 adds `aws:s3:arn`.
        context: BTreeMap<String, String>,
        /// SSE-KMS or DSSE-KMS.
        layers: Layers,
    },
    /// SSE-C
    Customer(CustomerKey),
}

impl EncryptionRequest {
    /// Settles the encryption of a write into a bucket.
    ///
    /// # Errors
    /// `InvalidArgument` for headers that contradict each other; `NotImplemented` for a bucket key without SSE-KMS.
    pub fn settle(self, default: &BucketDefault) -> S3Result<Choice> {
        let wants_bucket_key = self.bucket_key == Some(true);
        match self.choose(default)? {
            Choice::S3 | Choice::Customer(_) if wants_bucket_key => {
                Err(not_implemented("bucket keys without SSE-KMS"))
            }
            choice => Ok(choice),
        }
    }

    fn choose(self, default: &BucketDefault) -> S3Result<Choice> {
        let (default_key, default_bucket_key) = match default {
            BucketDefault::S3 => (None, false),
            BucketDefault::Kms { key_id, bucket_key } => (Some(key_id.clone()), *bucket_key),
        };
        let names_kms_details = self.key_id.is_some() || self.context.is_some();
        if let Some(customer) = self.customer {
            return match self.algorithm {
                None if !names_kms_details => Ok(Choice::Customer(customer)),
                _ => Err(invalid_argument(
                    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                )),
            };
        }
        match self.algorithm.as_ref().map(ServerSideEncryption::as_str) {
            Some(ServerSideEncryption::AWS_KMS) => Ok(Choice::Kms {
                key_id: self.key_id.unwrap_or_else(|| MANAGED_KEY.to_owned()),
                bucket_key: self.bucket_key.unwrap_or(default_bucket_key),
                context: own_context(self.context.as_deref())?,
                layers: Layers::One,
            }),
            Some(ServerSideEncryption::AWS_KMS_DSSE) if self.bucket_key == Some(true) => Err(
                invalid_argument("S3 Bucket Keys are not supported for DSSE-KMS."),
            ),
            Some(ServerSideEncryption::AWS_KMS_DSSE) => Ok(Choice::Kms {
                key_id: self.key_id.unwrap_or_else(|| MANAGED_KEY.to_owned()),
                bucket_key: false,
                context: own_context(self.context.as_deref())?,
                layers: Layers::Two,
            }),
            Some(ServerSideEncryption::AES256) | None if names_kms_details => {
                Err(invalid_argument(
                    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                 aws:kms",
                ))
            }
            Some(ServerSideEncryption::AES256) => Ok(Choice::S3),
            None => Ok(match default_key {
                None => Choice::S3,
                Some(key_id) => Choice::Kms {
                    key_id: key_id.unwrap_or_else(|| MANAGED_KEY.to_owned()),
                    bucket_key: self.bucket_key.unwrap_or(default_bucket_key),
                    context: BTreeMap::new(),
                    layers: Layers::One,
                },
            }),
            Some(_) => Err(invalid_argument(
                "The encryption method specified is not supported",
            )),
        }
    }
}

fn own_context(encoded: Option<&str>) -> S3Result<BTreeMap<String, String>> {
    let Some(encoded) = encoded else {
        return Ok(BTreeMap::new());
    };
    let malformed = "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding \
                     JSON which represents a string-string map";
    let json = STANDARD
        .decode(encoded)
        .map_err(|_| invalid_argument(malformed))?;
    let context: BTreeMap<String, String> =
        serde_json::from_slice(&json).map_err(|_| invalid_argument(malformed))?;
    if context.contains_key("aws:s3:arn") {
        return Err(invalid_argument(
            "The encryption context key aws:s3:arn is reserved for Amazon S3.",
        ));
    }
    Ok(context)
}

/// The encryption headers of an answer.
#[derive(Default)]
pub struct Applied {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`; `None` under a customer key.
    pub algorithm: Option<ServerSideEncryption>,
    /// The key's ARN.
    pub key_arn: Option<String>,
    /// Only returned when true.
    pub bucket_key: Option<bool>,
    /// `AES256` under a customer key.
    pub customer_algorithm: Option<String>,
    /// Base64 of the MD5 of the customer key that the request presented.
    pub customer_key_md5: Option<String>,
}

impl Applied {
    /// What protects an object, to a request that presented `customer`.
    pub fn of(protection: &Protection, customer: Option<&CustomerKey>) -> Self {
        match protection {
            Protection::S3 { .. } => Self {
                algorithm: Some(ServerSideEncryption::from_static(
                    ServerSideEncryption::AES256,
                )),
                ..Self::default()
            },
            Protection::Customer { .. } => Self {
                customer_algorithm: Some(ALGORITHM.to_owned()),
                customer_key_md5: customer.map(|key| key.md5().to_owned()),
                ..Self::default()
            },
            Protection::Kms {
                key_arn,
                key,
                layers,
                ..
            } => Self {
                algorithm: Some(ServerSideEncryption::from_static(match layers {
                    Layers::One => ServerSideEncryption::AWS_KMS,
                    Layers::Two => ServerSideEncryption::AWS_KMS_DSSE,
                })),
                key_arn: Some(key_arn.clone()),
                bucket_key: key.is_under_bucket_key().then_some(true),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn kms_default() -> BucketDefault {
        BucketDefault::Kms {
            key_id: Some("k".into()),
            bucket_key: true,
        }
    }

    fn request(algorithm: &'static str) -> EncryptionRequest {
        EncryptionRequest {
            algorithm: Some(ServerSideEncryption::from_static(algorithm)),
            ..EncryptionRequest::default()
        }
    }

    #[test]
    fn silent_writer_gets_the_buckets_default() {
        assert_eq!(
            EncryptionRequest::default()
                .settle(&BucketDefault::S3)
                .unwrap(),
            Choice::S3
        );
        let expected = Choice::Kms {
            key_id: "k".into(),
            bucket_key: true,
            context: BTreeMap::new(),
            layers: Layers::One,
        };
        assert_eq!(
            EncryptionRequest::default().settle(&kms_default()).unwrap(),
            expected
        );
    }

    #[test]
    fn headers_beat_the_buckets_default() {
        assert_eq!(
            request("AES256").settle(&kms_default()).unwrap(),
            Choice::S3
        );
        let off = EncryptionRequest {
            bucket_key: Some(false),
            key_id: Some("other".into()),
            ..request("aws:kms")
        };
        assert!(matches!(
            off.settle(&kms_default()).unwrap(),
            Choice::Kms { key_id, bucket_key: false, .. } if key_id == "other"
        ));
    }

    #[test]
    fn dsse_never_goes_through_a_bucket_key() {
        assert!(matches!(
            request("aws:kms:dsse").settle(&kms_default()).unwrap(),
            Choice::Kms {
                bucket_key: false,
                layers: Layers::Two,
                ..
            }
        ));
        let with_bucket_key = EncryptionRequest {
            bucket_key: Some(true),
            ..request("aws:kms:dsse")
        };
        assert!(with_bucket_key.settle(&kms_default()).is_err());
    }

    #[test]
    fn key_without_kms_and_reserved_or_malformed_context_are_refused() {
        let key_only = EncryptionRequest {
            key_id: Some("k".into()),
            ..EncryptionRequest::default()
        };
        assert!(key_only.settle(&kms_default()).is_err());
        for json in [r#"{"aws:s3:arn":"x"}"#, r#"{"a":1}"#, "[]", "x"] {
            let with_context = EncryptionRequest {
                context: Some(STANDARD.encode(json)),
                ..request("aws:kms")
            };
            assert!(with_context.settle(&BucketDefault::S3).is_err(), "{json}");
        }
        assert!(request("rot13").settle(&BucketDefault::S3).is_err());
    }
}
