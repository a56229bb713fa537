//! The origin: takes publishers' uploads into the KMS-encrypted bucket.
//!
//! A request is identified ([`publishers`]), authorised by the publisher's rules and planned (in
//! [`keyfront_origin_core`]), received and stored ([`publish`], [`uploads`]), and what S3 did is verified ([`store`]).
//! [`http`] runs the same router natively and behind a Lambda Function URL.
//!
//! [`read`] opens envelopes for viewers whom the edge sends, and [`sharing`] makes URLs that read one object.
//!
//! It does not serve other objects to viewers. It holds the SDK's credentials, opened data keys for a
//! short time, the client-side master key if there is one, and customer keys for a minute.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod age;
mod budgets;
mod call_failure;
pub mod catalog;
pub mod config;
pub mod customer_keys;
pub mod folders;
pub mod history;
pub mod http;
pub mod invalidation;
pub mod issuer_keys;
pub mod kms;
mod operate;
mod origin;
mod page;
pub mod payload;
pub mod policy_source;
pub mod publish;
pub mod publishers;
pub mod read;
mod releases;
pub mod sealed_metadata;
pub mod sealed_text;
pub mod sharing;
mod ssm;
pub mod store;
mod token_endpoint;
pub mod uploads;
mod viewer_logins;

/// The core's decisions, whose types this crate speaks in.
pub use keyfront_origin_core::{
    Error, content_coding, encryption, error, form_encoding, media_type, object, oidc, publisher,
    uploads::ChecksumDemand, viewing,
};

pub use self::{
    config::{Config, ConfigError},
    http::serve,
    origin::Origin,
};
