//! A viewer's request as it was written, while its body travels.

use std::net::IpAddr;

use http::header::{HOST, HeaderMap};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Version};

/// What is kept of a request's head.
pub(super) struct ViewerRequest {
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) ip: IpAddr,
    /// `:authority`, or the host of a target in absolute form.
    pub(super) authority: Option<Authority>,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
}

impl ViewerRequest {
    pub(super) fn of(parts: Parts, ip: IpAddr) -> Self {
        let target = parts.uri.path_and_query();
        Self {
            method: parts.method,
            version: parts.version,
            ip,
            path: target.map_or_else(String::new, |t| t.path().to_owned()),
            query: target.and_then(|t| t.query()).map(str::to_owned),
            authority: parts.uri.into_parts().authority,
            headers: parts.headers,
        }
    }

    /// The host as the viewer wrote it, empty if an old protocol let it write none. Nothing if two parties could take
    /// different ones.
    ///
    /// HTTP/1.1 has one `Host` (RFC 9112, 3.2). Over HTTP/2 the host is `:authority`, and `Host` may be left out (RFC
    /// 9113, 8.3.1).
    pub(super) fn host(&self) -> Option<&str> {
        let mut lines = self.headers.get_all(HOST).iter();
        let host = match (lines.next(), lines.next()) {
            (Some(line), None) => Some(line.to_str().ok()?),
            (None, _) if self.version != Version::HTTP_11 => None,
            _ => return None,
        };
        match (self.authority.as_ref().map(Authority::as_str), host) {
            (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => None,
            (Some(authority), _) => Some(authority),
            (None, host) => Some(host.unwrap_or_default()),
        }
    }
}
