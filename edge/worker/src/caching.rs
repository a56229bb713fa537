//! What may be looked up and kept in the data centre's cache, and under which name.
//!
//! The platform's own cache is kept out of every request to an origin: it turns HEAD into GET, drops ranges and
//! rewrites conditions, and its key is not ours. Instead the Cache API holds what the bucket answered, before it is
//! cleaned for one viewer: the key names site and object and nothing of a viewer but the host. It neither stores nor
//! finds anything itself.

use keyfront_edge::{Method, OriginRequest, Route};

/// Larger objects pass without being kept: a copy in the making holds what its reader has not read yet.
const LARGEST_KEPT: u64 = 16 << 20;

/// The cache answers these by itself, from a whole object.
const ANSWERED_BY_CACHE: [&str; 3] = ["if-modified-since", "if-none-match", "range"];

/// What only the bucket answers.
const ANSWERED_BY_BUCKET: [&str; 3] = ["if-match", "if-range", "if-unmodified-since"];

/// The key of what a request to the bucket asks for: a URL on the viewer's own host, below `/.keyfront/`, which no
/// viewer can ask for. `site` is the digest of the site's document, so that no two sites share an object and a changed
/// site starts anew. `None` if the request is not for the cache.
#[must_use]
pub fn key(host: &str, site: &str, signed: &OriginRequest) -> Option<String> {
    let reads = matches!(signed.method, Method::Get | Method::Head);
    if signed.route != Route::Bucket || !reads {
        return None;
    }
    let OriginRequest {
        host: origin,
        path,
        query,
        ..
    } = signed;
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!(
        "https://{host}/.keyfront/cache/{site}/{origin}{path}{mark}{query}"
    ))
}

/// The headers to look up with, or `None` if this request must be the bucket's to answer.
#[must_use]
pub fn lookup<'h>(headers: &[(&'h str, &'h str)]) -> Option<Vec<(&'h str, &'h str)>> {
    let must_ask = |(name, value): &(&str, &str)| {
        ANSWERED_BY_BUCKET.contains(name) || (*name == "range" && !is_one_range(value))
    };
    if headers.iter().any(must_ask) {
        return None;
    }
    let passing = |(name, _): &&(&str, &str)| ANSWERED_BY_CACHE.contains(name);
    Some(headers.iter().filter(passing).copied().collect())
}

/// `bytes=A-B`, `bytes=A-` or `bytes=-N`: what every cache understands alike.
fn is_one_range(value: &str) -> bool {
    let Some((first, last)) = value
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(first) && digits(last) && !(first.is_empty() && last.is_empty())
}

/// Whether the bucket's answer may be kept: the whole object, of a known and moderate length, whose publisher says for
/// how long in its `Cache-Control`. Silence is no permission: this is private content. Encoded objects are not kept:
/// the runtime would decode them into the cache and encode them anew, and their bytes are their publisher's.
#[must_use]
pub fn keeps(
    request_headers: &[(&str, &str)],
    method: Method,
    status: u16,
    answer: &[(&str, &str)],
) -> bool {
    let whole = method == Method::Get
        && status == 200
        && !request_headers.iter().any(|(name, _)| *name == "range");
    let value = |name: &str| {
        let mut values = answer.iter().filter(|(given, _)| *given == name);
        values.next().map(|(_, value)| *value)
    };
    let fits = value("content-length")
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length <= LARGEST_KEPT);
    let encoded = value("content-encoding").is_some();
    whole && fits && !encoded && value("cache-control").is_some_and(is_permission)
}

fn is_permission(cache_control: &str) -> bool {
    let mut lasts = false;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" | "private" => return false,
            "max-age" | "s-maxage" => match value.trim().trim_matches('"').parse::<u64>() {
                // The shared lifetime counts over the other, wherever it stands; 0 of either is no.
                Ok(0) | Err(_) => return false,
                Ok(_) => lasts = true,
            },
            _ => {}
        }
    }
    lasts
}

#[cfg(test)]
mod tests;
