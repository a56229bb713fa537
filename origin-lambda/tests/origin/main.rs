//! The origin behind its real router, between a publisher and an S3 that a test scripts.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod catalog;
mod customer_keys;
mod history;
mod identity;
mod invalidation;
mod limits;
mod oidc;
#[path = "../oidc_issuer/mod.rs"]
mod oidc_issuer;
mod operate;
#[path = "../scripted_s3/mod.rs"]
mod scripted_s3;
mod shares;
mod uploads;
