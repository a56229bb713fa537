//! Endpoints of local stacks in place of AWS's.

use keyfront_names::host::{self, EndpointError};

use super::error::{ConfigError, invalid};

/// Plain HTTP is allowed here: a store in the same private network may offer no other.
pub(super) fn endpoint(name: &'static str, url: String) -> Result<String, ConfigError> {
    match host::endpoint(&url) {
        Ok(_) | Err(EndpointError::PlainHttp) => Ok(url),
        Err(EndpointError::Form) => Err(invalid(name, "expected http[s]://HOST[:PORT]")),
    }
}

/// Scheme and `Host` of an endpoint that [`Config`](super::Config) holds.
pub(crate) fn split_endpoint(endpoint: &str) -> (&'static str, &str) {
    match host::endpoint(endpoint) {
        Ok((scheme, host)) => (scheme.as_str(), host),
        Err(_) => {
            let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
            let scheme = if scheme == "http" { "http" } else { "https" };
            (scheme, rest.trim_end_matches('/'))
        }
    }
}
