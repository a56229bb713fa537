//! The edge: admit -> route -> sign for requests, clean for responses. Pure.
//!
//! A host (Lambda@Edge, a Worker, the local CDN) hands over a [`ViewerRequest`] with an [`Invocation`] and gets
//! back what to send or what to answer; later it hands over the head of the origin's answer and gets back what
//! the viewer may see. Every promise of `docs/SEMANTICS.md`, section "Edge", is kept here.
//!
//! It does not do I/O, has no clock, reads no environment and knows no platform's event format.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

pub mod admission;
pub mod answer;
pub mod cors;
#[cfg(test)]
mod fixture;
pub mod http_date;
pub mod origin_request;
pub mod refusal;
pub mod response;
pub mod routing;
pub mod serve;
pub mod site;
mod text;

pub use admission::{Method, RequestBody, ViewerRequest};
pub use answer::{Answer, Header};
pub use origin_request::{Connection, OriginKind, OriginRequest};
pub use refusal::{BodyOf, Refusal};
pub use response::{
    AnsweredRequest, Cleaned, OriginResponse, ResponseFacts, clean, keeps_response_header,
};
pub use serve::{Edge, Invocation, RoleCredentials, Served};
pub use site::{Signing, Site, SiteError};
pub use text::decimal;
