//! Admission: what of a viewer's request may go on, judged before anything is routed or signed.
//!
//! The path is decoded here, once. What a refusal depends on is part of the CDN's cache key (path, method,
//! listed query parameters); everything else is dropped silently, so that one hostile request cannot decide
//! what the next viewer gets. It builds and signs nothing.

mod query;

use alloc::borrow::Cow;

use keyfront_sigv4::uri_encoding;

use crate::refusal::Refusal;
use crate::site::Site;

pub(crate) use self::query::{is_refused_parameter, publish_query, read_query};

/// CloudFront's limit on path and query together; other hosts get the same one.
const LONGEST_TARGET: usize = 8_192;

/// A viewer's request as a host received it. Nothing is decoded yet.
#[derive(Clone, Copy)]
pub struct ViewerRequest<'a> {
    /// As on the request line, case kept.
    pub method: &'a str,
    /// Path with its leading slash, percent-encoded as received, without the query.
    pub path: &'a str,
    /// Query without the question mark; `""` if there is none.
    pub query: &'a str,
    /// Header names in lower case, values as received. Repeated headers appear repeatedly. Only those named in
    /// [`RELEVANT_HEADERS`] are read.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is known of the body.
    pub body: RequestBody<'a>,
    /// The host's id of this request; it is shown to the viewer.
    pub request_id: &'a str,
}

impl core::fmt::Debug for ViewerRequest<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ViewerRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("body", &self.body)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The headers whose *values* the edge reads; the rest matter by name only.
pub const RELEVANT_HEADERS: [&str; 6] = [
    "access-control-request-method",
    "authorization",
    "content-length",
    "origin",
    "transfer-encoding",
    "x-amz-content-sha256",
];

/// What the host knows of the body that will reach the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody<'a> {
    /// No bytes.
    Empty,
    /// The SHA-256 of the complete body, as 64 lower-case hexadecimal digits.
    Sha256Hex(&'a str),
    /// There may be bytes that the host has not seen (truncated, or not buffered).
    Unseen,
}

impl RequestBody<'_> {
    /// What the headers say of a body the host was not shown.
    #[must_use]
    pub fn declared(headers: &[(&str, &str)]) -> Self {
        let declares = |(name, value): &(&str, &str)| match *name {
            "content-length" => *value != "0",
            "transfer-encoding" => true,
            _ => false,
        };
        if headers.iter().any(declares) {
            Self::Unseen
        } else {
            Self::Empty
        }
    }
}

impl<'a> ViewerRequest<'a> {
    /// The value of a header that appears exactly once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(given, _)| *given == name)
            .map(|(_, value)| *value);
        values.next().filter(|_| values.next().is_none())
    }
}

/// The methods this system knows; others are refused everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PUT`
    Put,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// Methods are case-sensitive (RFC 9110, section 9.1); there is no default.
    #[must_use]
    pub fn parse(method: &str) -> Option<Self> {
        Some(match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            _ => return None,
        })
    }

    /// As on the request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which methods a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Methods {
    Read,
    Publish,
}

impl Methods {
    /// Admits a method; there is no default.
    ///
    /// # Errors
    /// [`Refusal::MethodNotAllowed`], naming what is.
    pub(crate) fn admit(self, site: &Site, method: &str) -> Result<Method, Refusal> {
        match (self, Method::parse(method)) {
            (_, Some(Method::Options)) if site.cors.is_empty() => Err(self.refusal(site)),
            (Self::Publish, Some(method)) => Ok(method),
            (Self::Read, Some(method @ (Method::Get | Method::Head | Method::Options))) => {
                Ok(method)
            }
            (Self::Read, _) | (Self::Publish, None) => Err(self.refusal(site)),
        }
    }

    fn refusal(self, site: &Site) -> Refusal {
        Refusal::MethodNotAllowed {
            allow: self.allowed(site),
        }
    }

    /// Value of `Allow`: OPTIONS is answered where there are cross-origin rules.
    pub(crate) fn allowed(self, site: &Site) -> &'static str {
        match (self, site.cors.is_empty()) {
            (Self::Read, false) => "GET, HEAD, OPTIONS",
            (Self::Read, true) => "GET, HEAD",
            (Self::Publish, false) => "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE",
            (Self::Publish, true) => "GET, HEAD, PUT, POST, PATCH, DELETE",
        }
    }
}

/// Decodes the path, once and for all. `+` stays `+`, `%2F` becomes `/` here and nowhere later.
pub(crate) fn path<'p>(path: &'p str, query: &str) -> Result<Cow<'p, str>, Refusal> {
    if path.len() + query.len() > LONGEST_TARGET {
        return Err(Refusal::KeyTooLong);
    }
    if !path.starts_with('/') {
        return Err(Refusal::PathInvalid);
    }
    uri_encoding::decode(path).map_err(|_| Refusal::PathInvalid)
}

#[cfg(test)]
mod tests;
