//! CloudFront's signed URLs and signed cookies (Amazon CloudFront Developer Guide, "Serve private content with signed
//! URLs and signed cookies").
//!
//! Whoever grants access writes a [`Grant`], has its [`Grant::message`] signed (KMS does that; no private key is ever
//! seen here) and gets a URL or cookies. Whoever serves content takes a viewer's request apart with [`examine`]: the
//! [`Claim`] that comes out holds for this resource, time and network, if its signature is one of a trusted key over its
//! message, which the host verifies with whatever cryptography it has.
//!
//! It signs and verifies nothing, reads no clock and does not decide who may be granted what.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod claim;
mod cookie_header;
mod denied;
mod encoding;
mod grant;
pub mod login_page;
mod network;
mod parameter;
mod policy;
mod public_key;
mod resource;
mod signature;
mod verified_claims;

pub use self::{
    claim::{Claim, ViewerRequest, examine, query_for_origin, without_credential_cookies},
    denied::Denied,
    grant::{Cookie, Grant, GrantError},
    network::{Network, NetworkError},
    policy::{EpochSeconds, LATEST},
    public_key::{KeyKind, PublicKey, PublicKeyError},
    resource::{Resource, ResourceError},
    signature::{Hash, raw_p256_signature},
    verified_claims::{ClaimDigest, VerifiedClaims},
};
