//! Which bucket and key a request means: virtual-host and path style, keys byte for byte.
//!
//! S3 decodes the path once, reads a raw `+` as a space, and signs the strict re-encoding of what it
//! decoded. [`canonical_path`] does exactly that, so that the bytes verified are the bytes stored.

use std::borrow::Cow;

use http::{HeaderMap, Uri};
use keyfront_names::host;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use s3s::{
    S3Result,
    host::{S3Host, VirtualHost},
};

/// SigV4's unreserved characters stay, everything else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// A path or query that has no one meaning.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("not percent-encoded UTF-8")]
    Encoding,
    /// Not beginning with `/`.
    #[error("not an absolute path")]
    NotAbsolute,
    /// A NUL character.
    #[error("a NUL character")]
    Nul,
}

/// The path as S3 canonicalises it: decoded once (`+` is a space), strictly re-encoded.
pub fn canonical_path(raw: &str) -> Result<String, AddressError> {
    if !raw.starts_with('/') {
        return Err(AddressError::NotAbsolute);
    }
    let spaced = raw.replace('+', " ");
    let decoded = decode(&spaced)?;
    if decoded.contains('\0') {
        return Err(AddressError::Nul);
    }
    Ok(utf8_percent_encode(&decoded, ENCODED_PATH).to_string())
}

/// Percent-encodes a value of a listing, as `encoding-type=url` asks; `/` stays.
pub fn url_encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED_PATH).to_string()
}

/// Percent-encodes a query name or value.
pub fn query_encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// Names and values of a query, decoded; `+` is a space.
pub fn query_pairs(query: &str) -> Result<Vec<(String, String)>, AddressError> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(&name.replace('+', " "))?.into_owned();
        pairs.push((name, decode(&value.replace('+', " "))?.into_owned()));
    }
    Ok(pairs)
}

fn decode(text: &str) -> Result<Cow<'_, str>, AddressError> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let digits = bytes.get(at + 1..at + 3).ok_or(AddressError::Encoding)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(AddressError::Encoding);
        }
    }
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| AddressError::Encoding)
}

/// What a request's path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The service.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

/// Splits `Host` values: `BUCKET.s3.REGION.amazonaws.com` names a bucket, anything else is path style.
#[derive(Clone, Debug)]
pub struct Hosts {
    regional: String,
    global: &'static str,
}

impl Hosts {
    /// The hosts of S3 in `region`.
    pub fn of_region(region: &str) -> Self {
        Self {
            regional: host::of_service("s3", region),
            global: "s3.amazonaws.com",
        }
    }

    /// The bucket a request is about: its host names it, or else the first segment of its path.
    pub fn bucket_of(&self, parts: &http::request::Parts) -> Option<String> {
        let named = self.bucket_of_host(&parts.headers, &parts.uri);
        let in_path = || {
            let path = parts.uri.path().trim_start_matches('/');
            let first = decode(path.split('/').next().unwrap_or_default()).ok()?;
            (!first.is_empty()).then(|| first.into_owned())
        };
        named.or_else(in_path)
    }

    /// What a request is about.
    pub fn place(&self, headers: &HeaderMap, uri: &Uri) -> Place {
        let path = uri.path().strip_prefix('/').unwrap_or_default();
        let key = match self.bucket_of_host(headers, uri) {
            Some(_) => path,
            None if path.is_empty() => return Place::Service,
            None => path.split_once('/').map_or("", |(_, key)| key),
        };
        match key.is_empty() {
            true => Place::Bucket,
            false => Place::Object,
        }
    }

    fn bucket_of_host(&self, headers: &HeaderMap, uri: &Uri) -> Option<String> {
        let host = headers.get(http::header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        let authority = uri.authority().map(http::uri::Authority::as_str);
        host.or(authority).and_then(|host| self.bucket(host))
    }

    /// The bucket that `authority` names, with or without a port.
    pub fn bucket(&self, authority: &str) -> Option<String> {
        let name = host::split_port(authority).0.to_ascii_lowercase();
        [self.regional.as_str(), self.global]
            .iter()
            .find_map(|suffix| {
                name.strip_suffix(suffix)?
                    .strip_suffix('.')
                    .map(str::to_owned)
            })
    }
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let parsed = VirtualHost::new(host);
        Ok(match self.bucket(host) {
            Some(bucket) => parsed.with_bucket(bucket),
            None => parsed,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn path_is_decoded_once_and_strictly_re_encoded() {
        for (raw, canonical) in [
            ("/b/a%2Bb", "/b/a%2Bb"),
            ("/b/a+b", "/b/a%20b"),
            ("/b/a%2fb", "/b/a/b"),
            ("/b//a/", "/b//a/"),
            ("/b/../c", "/b/../c"),
            ("/b/%61(1)", "/b/a%281%29"),
            ("/b/%2541", "/b/%2541"),
            ("/b/%D1%84", "/b/%D1%84"),
            ("/b/~-._", "/b/~-._"),
        ] {
            assert_eq!(canonical_path(raw).unwrap(), canonical, "{raw}");
        }
    }

    #[test]
    fn path_without_one_meaning_is_refused() {
        for (raw, error) in [
            ("/b/%", AddressError::Encoding),
            ("/b/%4", AddressError::Encoding),
            ("/b/%zz", AddressError::Encoding),
            ("/b/%ff", AddressError::Encoding),
            ("/b/%00", AddressError::Nul),
            ("*", AddressError::NotAbsolute),
        ] {
            assert_eq!(canonical_path(raw).unwrap_err(), error, "{raw}");
        }
    }

    #[test]
    fn only_amazon_hosts_name_buckets() {
        let hosts = Hosts::of_region("eu-west-1");
        for (host, bucket) in [
            ("my.bucket.s3.eu-west-1.amazonaws.com", Some("my.bucket")),
            ("b.s3.eu-west-1.amazonaws.com:9000", Some("b")),
            ("b.s3.amazonaws.com", Some("b")),
            ("s3.eu-west-1.amazonaws.com", None),
            ("b.s3.eu-west-2.amazonaws.com", None),
            ("127.0.0.1:9000", None),
            ("localhost", None),
            ("evils3.eu-west-1.amazonaws.com", None),
        ] {
            assert_eq!(hosts.bucket(host).as_deref(), bucket, "{host}");
        }
    }
}
