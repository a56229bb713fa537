//! Hosts: their syntax, and those of AWS services.
//!
//! It writes and reads texts; no name is resolved.

use alloc::string::String;

pub use crate::label::is_label;
use crate::region::Partition;

/// The scheme of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP, only towards loopback.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `"http"` or `"https"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL need not name.
    #[must_use]
    pub const fn default_port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

/// Why a text is not an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not `https://host[:port]`.
    #[error("must be https://host[:port]")]
    Form,
    /// Plain HTTP towards another machine: the session token would travel in clear.
    #[error("must be https, except on loopback")]
    PlainHttp,
}

impl EndpointError {
    /// What `Display` writes, for modules without `core::fmt`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "must be https://host[:port]",
            Self::PlainHttp => "must be https, except on loopback",
        }
    }
}

/// Splits `https://host[:port]` (a final slash is allowed) into the scheme and the value of `Host`.
///
/// # Errors
/// [`EndpointError`].
pub fn endpoint(endpoint: &str) -> Result<(Scheme, &str), EndpointError> {
    let (scheme, rest) = if let Some(rest) = endpoint.strip_prefix("https://") {
        (Scheme::Https, rest)
    } else if let Some(rest) = endpoint.strip_prefix("http://") {
        (Scheme::Http, rest)
    } else {
        return Err(EndpointError::Form);
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if !is_authority(authority) {
        return Err(EndpointError::Form);
    }
    let (host, port) = split_port(authority);
    if scheme == Scheme::Http && !is_loopback(host) {
        return Err(EndpointError::PlainHttp);
    }
    let shown = if port == Some(scheme.default_port()) {
        host
    } else {
        authority
    };
    Ok((scheme, shown))
}

/// The regional host of a service: `SERVICE.REGION.amazonaws.com`, with the partition's suffix.
#[must_use]
pub fn of_service(service: &str, region: &str) -> String {
    concat(&[
        service,
        ".",
        region,
        ".",
        Partition::of_region(region).dns_suffix(),
    ])
}

/// The host of a Lambda Function URL: `ID.lambda-url.REGION.on.aws`.
#[must_use]
pub fn of_function_url(id: &str, region: &str) -> String {
    concat(&[id, ".lambda-url.", region, ".on.aws"])
}

/// The host of a Multi-Region Access Point, from its alias (`LABEL.mrap`).
#[must_use]
pub fn of_multi_region_access_point(alias: &str) -> String {
    concat(&[alias, ".accesspoint.s3-global.amazonaws.com"])
}

/// Whether `text` is the alias of a Multi-Region Access Point: a label and `.mrap`.
#[must_use]
pub fn is_multi_region_alias(text: &str) -> bool {
    text.strip_suffix(".mrap").is_some_and(is_label)
}

/// Host and port of an authority without user information.
#[must_use]
pub fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// A lower-case host name, with an optional port.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    let (host, port) = split_port(text);
    host.len() <= 253 && host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    if !(1..=5).contains(&port.len()) || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let digit = |number: u32, byte: u8| number * 10 + u32::from(byte - b'0');
    (1..=65_535).contains(&port.bytes().fold(0, digit))
}

/// Whether a host, without a port, is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost")
}

fn concat(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_or_on_loopback() {
        for (text, read) in [
            (
                "https://s3.example.com",
                Ok((Scheme::Https, "s3.example.com")),
            ),
            (
                "https://s3.example.com/",
                Ok((Scheme::Https, "s3.example.com")),
            ),
            (
                "https://s3.example.com:443",
                Ok((Scheme::Https, "s3.example.com")),
            ),
            (
                "https://s3.example.com:9000",
                Ok((Scheme::Https, "s3.example.com:9000")),
            ),
            (
                "http://127.0.0.1:9000",
                Ok((Scheme::Http, "127.0.0.1:9000")),
            ),
            ("http://localhost:80", Ok((Scheme::Http, "localhost"))),
            (
                "http://bucket.localhost:1",
                Ok((Scheme::Http, "bucket.localhost:1")),
            ),
            ("http://example.com", Err(EndpointError::PlainHttp)),
            (
                "http://127.0.0.1.example.com",
                Err(EndpointError::PlainHttp),
            ),
            ("ftp://example.com", Err(EndpointError::Form)),
            ("https://", Err(EndpointError::Form)),
            ("https://a/b", Err(EndpointError::Form)),
            ("https://user@a", Err(EndpointError::Form)),
            ("https://a:0", Err(EndpointError::Form)),
            ("https://a:65536", Err(EndpointError::Form)),
            ("https://a:99999999999", Err(EndpointError::Form)),
            ("https://a:+1", Err(EndpointError::Form)),
            ("https://A", Err(EndpointError::Form)),
            ("https://a..b", Err(EndpointError::Form)),
        ] {
            assert_eq!(endpoint(text), read, "{text}");
        }
    }

    #[test]
    fn services_have_a_host_in_each_region() {
        assert_eq!(
            of_service("kms", "eu-central-1"),
            "kms.eu-central-1.amazonaws.com"
        );
        assert_eq!(
            of_service("s3", "cn-north-1"),
            "s3.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(
            of_function_url("abc", "eu-west-1"),
            "abc.lambda-url.eu-west-1.on.aws"
        );
        assert_eq!(
            of_multi_region_access_point("mfzwi23gnjvgw.mrap"),
            "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com"
        );
    }

    #[test]
    fn multi_region_aliases_are_one_label_and_mrap() {
        assert!(is_multi_region_alias("mfzwi23gnjvgw.mrap"));
        for text in ["mrap", ".mrap", "a.b.mrap", "A.mrap", "a.mraps"] {
            assert!(!is_multi_region_alias(text), "{text}");
        }
    }
}
