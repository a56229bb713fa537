//! Admission: what of a viewer's request may go on, judged before anything is routed or signed.
//!
//! The path is decoded here, once. What a refusal depends on is part of the CDN's cache key (path, method,
//! listed query parameters); everything else is dropped silently, so that one hostile request cannot decide
//! what the next viewer gets. It builds and signs nothing.

use std::borrow::Cow;

use keyfront_sigv4::uri_encoding;

use crate::refusal::Refusal;
use crate::site::Site;

/// CloudFront's limit on path and query together; other hosts get the same one.
const LONGEST_TARGET: usize = 8_192;

/// A viewer's request as a host received it. Nothing is decoded yet.
#[derive(Clone, Copy, Debug)]
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

/// The query of a read: listed parameters only, strictly encoded and in canonical order, so that what is sent is
/// what is signed.
pub(crate) fn read_query(site: &Site, query: &str) -> Result<String, Refusal> {
    let mut listed = Vec::new();
    for parameter in parameters(query) {
        // What does not decode cannot be listed, and what is not listed is dropped.
        let Ok(name) = decode_component(parameter.name) else {
            continue;
        };
        if is_refused_parameter(&name) {
            return Err(Refusal::QueryRefused);
        }
        if site.query.contains(&name) {
            listed.push((name, parameter.value()?));
        }
    }
    Ok(written(&listed))
}

/// The query of a publish request: everything the publishers' API is told, except signing parameters, strictly
/// encoded and in canonical order.
pub(crate) fn publish_query(query: &str) -> Result<String, Refusal> {
    let mut all = Vec::new();
    for parameter in parameters(query) {
        let name = decode_component(parameter.name)?;
        if is_signing_parameter(&name) {
            return Err(Refusal::QueryRefused);
        }
        all.push((name, parameter.value()?));
    }
    Ok(written(&all))
}

/// Whether a decoded parameter may never reach the bucket: S3 subresources and operations (they would turn a read
/// of an object into another request), and everything presigned URLs carry. Also the rule for what a site
/// may list.
///
/// S3 compares these names by case, its imitators do not all; so case does not help a viewer. `Policy` alone, as
/// CloudFront's signed URLs spell it, is no subresource: CloudFront consumes it, and it is never listed.
pub(crate) fn is_refused_parameter(name: &str) -> bool {
    let subresource = SUBRESOURCES
        .iter()
        .any(|refused| name.eq_ignore_ascii_case(refused));
    is_signing_parameter(name) || (subresource && name != "Policy")
}

fn is_signing_parameter(name: &str) -> bool {
    name.get(..6)
        .is_some_and(|head| head.eq_ignore_ascii_case("x-amz-"))
        || name.eq_ignore_ascii_case("awsaccesskeyid")
}

/// S3's subresources and listing parameters, as its API reference names them, in lower case.
const SUBRESOURCES: [&str; 54] = [
    "accelerate",
    "acl",
    "analytics",
    "append",
    "attributes",
    "continuation-token",
    "cors",
    "delete",
    "delimiter",
    "encoding-type",
    "encryption",
    "fetch-owner",
    "intelligent-tiering",
    "inventory",
    "key-marker",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "metadataconfiguration",
    "metadatatable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipcontrols",
    "part-number-marker",
    "partnumber",
    "policy",
    "policystatus",
    "prefix",
    "publicaccessblock",
    "replication",
    "requestpayment",
    "restore",
    "retention",
    "select",
    "select-type",
    "session",
    "start-after",
    "tagging",
    "torrent",
    "upload-id-marker",
    "uploadid",
    "uploads",
    "version-id-marker",
    "versionid",
    "versioning",
    "versions",
    "website",
];

struct Parameter<'q> {
    name: &'q str,
    raw_value: &'q str,
}

impl Parameter<'_> {
    fn value(&self) -> Result<String, Refusal> {
        decode_component(self.raw_value)
    }
}

fn parameters(query: &str) -> impl Iterator<Item = Parameter<'_>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            Parameter { name, raw_value }
        })
}

/// In a query, unlike in a path, `+` is a space: browsers write it so (`URLSearchParams`) and S3 reads it so. It
/// leaves as `%20`, which has one reading.
fn decode_component(raw: &str) -> Result<String, Refusal> {
    let spaced = raw.replace('+', " ");
    uri_encoding::decode(&spaced)
        .map(Cow::into_owned)
        .map_err(|_| Refusal::QueryRefused)
}

/// In canonical order, which is the order of the encoded bytes; a handful of parameters need no sort.
fn written(parameters: &[(String, String)]) -> String {
    let mut encoded: Vec<(String, String)> = Vec::with_capacity(parameters.len());
    for (name, value) in parameters {
        let parameter = (
            uri_encoding::encode_component(name),
            uri_encoding::encode_component(value),
        );
        let place = encoded.partition_point(|placed| *placed <= parameter);
        encoded.insert(place, parameter);
    }
    let mut query = String::new();
    for (name, value) in &encoded {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(value);
    }
    query
}

#[cfg(test)]
mod tests;
