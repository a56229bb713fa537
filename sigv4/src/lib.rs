//! AWS Signature Version 4, pure: a request, credentials and a date come in, the headers (or the query)
//! that authenticate the request come out.
//!
//! | to | call |
//! |---|---|
//! | sign by headers | [`Signer::sign`] |
//! | make a URL that works for a while | [`Signer::presign`] |
//! | send a body in signed chunks | [`Signer::sign_chunked`] |
//! | sign for a set of regions (SigV4A) | [`MultiRegionSigner`], with the feature `sigv4a` |
//! | spell a path or parameter as S3 does | [`uri_encoding`] |
//!
//! The modules are the steps of the specification, in order, each callable alone:
//! [`canonical_request`] -> [`string_to_sign`] -> [`signing_key`] -> [`signature`]; [`sign`] and
//! [`presign`] run them all. [`uri_encoding`] is the only percent-encoder of the project.
//!
//! **The caller owns encoding.** A [`Request`] carries the path and query exactly as they will be sent.
//! Under [`Profile::S3`] anything that is not already in S3's one canonical spelling is refused, so the
//! bytes that are signed are the bytes on the wire.
//!
//! It is a crate to publish, and some of it serves only users outside this project: [`aws_chunked`] those who send
//! bodies they cannot hash beforehand (`PUT` of a stream to S3 or a store that refuses `UNSIGNED-PAYLOAD`), presigning
//! by [`MultiRegionSigner`] those who hand out URLs of Multi-Region Access Points.
//!
//! What it does not do: no I/O, no clock, no environment, no URL parsing, no choice of which headers to
//! send. It does not verify signatures: what verifies must not share code with what signs.

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

/// The README's example runs with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod algorithm;
pub mod amz_date;
mod append;
pub mod aws_chunked;
mod canonical_headers;
mod canonical_path;
mod canonical_query;
pub mod canonical_request;
pub mod credentials;
#[cfg(feature = "sigv4a")]
pub mod ecdsa_key;
mod error;
mod hex;
mod hmac_sha256;
pub mod post_policy;
pub mod presign;
mod region_set;
pub mod request;
pub mod sign;
pub mod signature;
pub mod signing_key;
pub mod sigv4a;
mod sorted_order;
pub mod string_to_sign;
pub mod uri_encoding;
pub mod wipe;

pub use amz_date::AmzDate;
pub use aws_chunked::{ChunkPlan, ChunkSize, Chunks, PlannedTrailer};
pub use canonical_request::CanonicalRequest;
pub use credentials::{Credentials, SecretAccessKey, SessionToken};
#[cfg(feature = "sigv4a")]
pub use ecdsa_key::{EcdsaKey, EcdsaKeyCache};
pub use error::SigningError;
pub use post_policy::{PostFields, PostPolicy};
pub use presign::{Expiry, PresignedQuery};
pub use request::{
    ContentSha256Header, PathNormalization, Payload, Profile, Request, SigningContext,
    StreamingPayload,
};
pub use sign::{SignedHeaders, Signer};
pub use signature::Signature;
pub use signing_key::{SigningKey, SigningKeyCache};
pub use sigv4a::{EcdsaSignature, MultiRegionSigner};
pub use string_to_sign::StringToSign;
