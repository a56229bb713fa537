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
mod folder;
pub mod header;
pub mod http_date;
pub mod method;
pub mod origin_request;
mod redirect;
pub mod refusal;
mod refused_parameter;
pub mod release;
pub mod response;
mod role_credentials;
mod routing;
pub mod serve;
pub mod site;
mod text;
pub mod viewer_request;

pub use admission::{Admitted, is_ignorable};
pub use answer::Answer;
pub use header::Header;
pub use keyfront_contract::{Route, header::SANDBOXED};
pub use keyfront_names::host::Scheme;
pub use method::Method;
pub use origin_request::{Connection, Host, OriginRequest, Unassisted, keeps_request_header};
pub use refusal::{BodyOf, Refusal};
pub use release::PointerAnswer;
pub use response::{
    AnsweredRequest, Cleaned, OriginResponse, ResponseFacts, cause_of_document, clean,
    keeps_response_header, not_modified,
};
pub use role_credentials::RoleCredentials;
pub use serve::{Admission, Edge, Invocation, PointerQuestion, Served};
pub use site::{Signing, Site, SiteError};
pub use text::{decimal, decimal_of};
pub use viewer_request::{RequestBody, ViewerAccess, ViewerRequest};
