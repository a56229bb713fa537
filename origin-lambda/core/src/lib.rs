//! What the origin decides: who a publisher is and what it may do, how an upload is sent and encrypted, whether S3
//! stored it so, what the CDN must forget, and how every failure is named.
//!
//! Pure: time, randomness, credentials and what S3 or KMS returned come in as values. It performs no calls, reads no
//! requests and knows no SDK.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod budget;
pub mod content_coding;
pub mod encryption;
pub mod error;
pub mod folder;
pub mod form_encoding;
pub mod function_url_event;
pub mod invalidation;
pub mod listing;
pub mod media_type;
pub mod object;
pub mod oidc;
pub mod publish;
pub mod publisher;
pub mod queue_event;
pub mod releases;
pub mod sealed_metadata;
pub mod sharing;
pub mod uploads;
pub mod versions;
pub mod viewing;

pub use self::error::Error;
