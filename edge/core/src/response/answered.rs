//! What the edge is shown of an exchange with an origin: the request as it was sent, the head of the answer.

use keyfront_contract::header;

use super::facts::ResponseFacts;

/// The head of an origin's answer.
#[derive(Clone, Copy, Debug)]
pub struct OriginResponse<'a> {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case. Only those named in [`RELEVANT_RESPONSE_HEADERS`] are read.
    pub headers: &'a [(&'a str, &'a str)],
    /// Whether it has the header [`SANDBOXED`](keyfront_contract::header::SANDBOXED).
    pub sandboxed: bool,
}

/// The response headers whose *values* the edge reads.
pub const RELEVANT_RESPONSE_HEADERS: [&str; 8] = [
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "date",
    "vary",
    header::RELEASE_CSP,
    header::RELEASE_SHA256,
];

impl<'r> OriginResponse<'r> {
    pub(super) fn header(&self, name: &str) -> Option<&'r str> {
        self.values(name).next()
    }

    /// The values of a header, as often as it was sent.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'r str> {
        debug_assert!(RELEVANT_RESPONSE_HEADERS.contains(&name), "{name}");
        self.headers
            .iter()
            .filter(move |(given, _)| *given == name)
            .map(|(_, value)| *value)
    }
}

/// The request an answer belongs to, as it was sent to the origin.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredRequest<'a> {
    /// As on the request line.
    pub method: &'a str,
    /// As on the request line.
    pub path: &'a str,
    /// As on the request line, without the question mark.
    pub query: &'a str,
    /// The host's id of the request.
    pub request_id: &'a str,
    /// The `x-amz-date` it was signed with, if any.
    pub signed_at: Option<&'a str>,
    /// From [`OriginRequest::facts`](crate::origin_request::OriginRequest::facts), or read from the header.
    pub facts: &'a ResponseFacts,
}
