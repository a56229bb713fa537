//! The path, decoded once and for all.

use alloc::borrow::Cow;

use keyfront_sigv4::uri_encoding;

use crate::refusal::Refusal;

/// CloudFront's limit on path and query together; other hosts get the same one.
const LONGEST_TARGET: usize = 8_192;

/// Decodes the path. `+` stays `+`, `%2F` becomes `/` here and nowhere later.
pub(super) fn decode<'p>(path: &'p str, query: &str) -> Result<Cow<'p, str>, Refusal> {
    if path.len() + query.len() > LONGEST_TARGET {
        return Err(Refusal::KeyTooLong);
    }
    if !path.starts_with('/') {
        return Err(Refusal::PathInvalid);
    }
    uri_encoding::decode(path).map_err(|_| Refusal::PathInvalid)
}
