//! A viewer's request as a host received it. Nothing is decoded or checked here.

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
pub const RELEVANT_HEADERS: [&str; 13] = [
    "accept-encoding",
    "access-control-request-method",
    "authorization",
    "content-length",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "range",
    "transfer-encoding",
    "x-amz-content-sha256",
];

/// What the host knows of the viewer, where a site protects keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerAccess {
    /// The CDN before this edge admits viewers, and the site says what this origin may serve of what is protected.
    ByOrigin,
    /// The request carries a valid signature for its URL.
    Verified,
    /// It carries none, or one that is over: a login would help.
    LoginRequired,
    /// It carries one that is not valid.
    Denied,
}

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
        debug_assert!(RELEVANT_HEADERS.contains(&name), "{name}");
        let mut values = self
            .headers
            .iter()
            .filter(|(given, _)| *given == name)
            .map(|(_, value)| *value);
        values.next().filter(|_| values.next().is_none())
    }
}
