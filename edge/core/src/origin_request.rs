//! The request to the origin: what is sent, with its signature.
//!
//! `target` says what a destination means on the wire, `header_policy` which of the viewer's headers pass, `signing`
//! signs with what the [`Host`] provides. It decides nothing about who may read or publish.

mod header_policy;
mod host;
mod signing;
mod target;

use alloc::{string::String, vec::Vec};

use keyfront_contract::Route;
use keyfront_names::host::Scheme;

use crate::header::Header;
use crate::method::Method;
use crate::release::facts::Part;
use crate::response::ResponseFacts;

pub use self::header_policy::keeps_request_header;
pub use self::host::{Host, Unassisted};
pub(crate) use self::signing::{Signers, SigningInput};

/// A signed request. Send it to `host` by `scheme` (a CDN has its own configuration for that), with the viewer's headers that
/// it [keeps](OriginRequest::keeps) and these set over them, and with the viewer's body.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginRequest {
    /// The viewer's method.
    pub method: Method,
    /// HTTPS, but towards an endpoint on loopback.
    pub scheme: Scheme,
    /// Value of `Host`, with the port if it is not the scheme's own; also among `headers`.
    pub host: String,
    /// Path as on the request line.
    pub path: String,
    /// Query as on the request line, without the question mark; `""` if there is none.
    pub query: String,
    /// Headers the edge writes, `authorization` among them: secret.
    pub headers: Vec<Header>,
    /// Which origin answers.
    pub route: Route,
    /// What [`clean`](crate::response::clean) needs to know when the answer comes; `headers` carry it too.
    pub facts: ResponseFacts,
    /// This viewer's range means nothing and stays behind.
    pub(crate) drop_range: bool,
}

impl OriginRequest {
    /// Whether a viewer's header (lower-case name) goes along, unchanged and unsigned.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        keeps_request_header(self.route, name)
            && !(self.drop_range && name == "range")
            && !(name == "if-match" && self.compares_by_itself())
    }

    /// Whether [`clean`](crate::response::clean) compares the viewer's conditions: the bucket knows the object under another
    /// tag and another date, so a host that may leave a condition behind does.
    #[must_use]
    pub fn compares_by_itself(&self) -> bool {
        let release = self.facts.release.as_ref();
        release.is_some_and(|release| release.part != Part::Document)
    }
}

impl core::fmt::Debug for OriginRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OriginRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// What the host says about the connection to the origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection<'a> {
    /// The domain the CDN will connect to, if that is not the edge's choice.
    pub domain: Option<&'a str>,
    /// The value of the `x-amz-cf-id` header that the CDN adds after the edge, if it reaches a custom origin:
    /// towards the bucket, which wants every `x-amz-*` signed, it is signed and not returned.
    pub cf_id: Option<&'a str>,
}

#[cfg(test)]
mod tests;
