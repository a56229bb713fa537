//! The whole system on one machine: S3, KMS, STS, IAM and a CDN on loopback.

pub mod cdn;
pub mod clock;
pub mod cloudfront;
pub mod function_url;
pub mod http_rim;
pub mod identity;
pub mod kms;
pub mod request_auth;
pub mod s3;
pub mod ssm;
pub mod stack;
pub mod state;
pub mod sts;
