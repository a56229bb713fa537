//! The syntax of single site fields: names, hosts, endpoints.
//!
//! Says only whether a text has the form; what a field means is `site`'s business.

use alloc::{borrow::ToOwned, string::String};

use crate::origin_request::Scheme;
use crate::text::{decimal, split_once};

/// General-purpose bucket names as S3 defines them, legacy names excluded.
pub(super) fn is_bucket(name: &str) -> bool {
    let characters = name
        .bytes()
        .all(|byte| is_lower_alphanumeric(byte) || byte == b'.' || byte == b'-');
    let looks_like_ip = name.split('.').count() == 4
        && name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    (3..=63).contains(&name.len())
        && characters
        && has_alphanumeric_ends(name)
        && split_once(name, "..").is_none()
        && !looks_like_ip
}

/// The alias of a multi-region access point: a label and `.mrap`, a suffix that no bucket may have.
pub(super) fn is_multi_region_alias(name: &str) -> bool {
    name.strip_suffix(".mrap").is_some_and(is_label)
}

/// A region is one label of lower-case letters, digits and hyphens: nothing that could leave the
/// credential scope or the host name.
#[must_use]
pub fn is_region(name: &str) -> bool {
    is_label(name) && name.len() <= 32
}

/// A lower-case host name, with an optional port.
pub(super) fn is_host(text: &str) -> bool {
    let (host, port) = split_port(text);
    let labels = host.split('.').all(is_label);
    host.len() <= 253 && labels && port.is_none_or(is_port)
}

/// A decoded query parameter name that can be compared byte for byte.
pub(super) fn is_query_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The scheme and the `Host` of an endpoint `https://host[:port]`; plain HTTP only towards this machine, since the
/// session token would travel readable.
///
/// # Errors
/// The rule that is broken.
pub fn endpoint(endpoint: &str) -> Result<(Scheme, String), &'static str> {
    let (scheme, rest) = split_once(endpoint, "://").ok_or("must be https://host[:port]")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if !is_host(authority) {
        return Err("must be https://host[:port]");
    }
    let (host, port) = split_port(authority);
    let (scheme, own_port) = match scheme {
        "https" => (Scheme::Https, "443"),
        "http" if is_loopback(host) => (Scheme::Http, "80"),
        "http" => return Err("must be https, except on loopback"),
        _ => return Err("must be https://host[:port]"),
    };
    let shown = if port == Some(own_port) {
        host
    } else {
        authority
    };
    Ok((scheme, shown.to_owned()))
}

/// The domain of AWS endpoints in the region's partition.
#[must_use]
pub fn dns_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

/// Host and port of an authority without user information.
pub(crate) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost")
}

fn is_port(port: &str) -> bool {
    decimal(port).is_some_and(|port| (1..=65_535).contains(&port))
}

fn is_label(label: &str) -> bool {
    let characters = label
        .bytes()
        .all(|byte| is_lower_alphanumeric(byte) || byte == b'-');
    (1..=63).contains(&label.len()) && characters && has_alphanumeric_ends(label)
}

fn has_alphanumeric_ends(text: &str) -> bool {
    let ends = (text.bytes().next(), text.bytes().next_back());
    matches!(ends, (Some(first), Some(last)) if is_lower_alphanumeric(first) && is_lower_alphanumeric(last))
}

fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}
