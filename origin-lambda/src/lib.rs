//! The origin: takes publishers' uploads into the KMS-encrypted bucket.
//!
//! A request is identified ([`publisher`]), authorised by the publisher's rules, planned, received
//! and stored ([`publish`]), and S3's answer is verified ([`store`]). [`http`] runs the same router
//! natively and behind a Lambda Function URL.
//!
//! [`read`] opens envelopes for viewers whom the edge sends.
//!
//! It does not serve other objects to viewers. It holds the SDK's credentials, opened data keys for a
//! short time, and the client-side master key if there is one.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod aws;
pub mod catalog;
pub mod config;
pub mod encryption;
pub mod error;
pub mod form_encoding;
pub mod http;
pub mod invalidation;
pub mod kms;
pub mod media_type;
mod operate;
pub mod publish;
pub mod publisher;
pub mod read;
pub mod sealed_metadata;
pub mod store;
pub mod uploads;

pub use self::{
    config::{Config, ConfigError},
    error::Error,
    http::{Origin, serve},
};
