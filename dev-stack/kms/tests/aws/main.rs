//! KMS, STS and their authentication, from outside: requests signed by the `aws-sigv4` crate.

#![allow(clippy::unwrap_used, clippy::panic)]

mod kms_crypto;
mod kms_signing;
mod kms_signing_permissions;
mod kms_wire;
mod request_auth;
mod signing;
mod stack;
mod sts_wire;
mod wire;
