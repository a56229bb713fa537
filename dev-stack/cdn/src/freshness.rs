//! Whether an answer may be stored and how long it is fresh: RFC 9111 by `http-cache-semantics`, within CloudFront's TTLs.
//!
//! `http-cache-semantics` decides; this module words CloudFront's settings as `Cache-Control`, which is all that crate understands.
//! Stores nothing.

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED, PRAGMA, SET_COOKIE, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_cache_semantics::{BeforeRequest, CacheOptions};

use super::distribution::{CachePolicy, Distribution};

/// Statuses CloudFront caches as errors.
const CACHED_ERRORS: [u16; 13] = [
    400, 403, 404, 405, 410, 412, 414, 415, 500, 501, 502, 503, 504,
];
/// For these CloudFront heeds `no-store`, `no-cache` and `private`; for other errors its error TTL wins.
const ERRORS_THAT_CAN_FORBID: [u16; 4] = [404, 410, 414, 501];

/// The crate knows no other error it would store, so all are evaluated as this one.
const STORABLE_ERROR: StatusCode = StatusCode::NOT_FOUND;

/// The freshness of one stored answer.
#[derive(Debug)]
pub(super) struct Freshness {
    policy: Box<http_cache_semantics::CachePolicy>,
    /// Seconds between the answer's making and its staleness.
    lifetime: u64,
}

/// What a stored answer is good for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FreshnessStatus {
    /// Serve it.
    Fresh,
    /// Ask the origin whether it still holds.
    Stale,
    /// It answers another variant of the request (`Vary`).
    OtherVariant,
}

/// An answer that might be stored.
pub(super) struct Candidate<'a> {
    pub(super) distribution: &'a Distribution,
    pub(super) policy: &'a CachePolicy,
    /// What was forwarded, so that `Vary` compares what the origin could see.
    pub(super) request: &'a Parts,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) now: SystemTime,
}

impl Candidate<'_> {
    /// Decides whether the answer may be stored; `None` if it must not be stored.
    pub(super) fn evaluate(&self) -> Option<Freshness> {
        if !self.policy.is_enabled() || varies_by_everything(self.headers) {
            return None;
        }
        let directives = Directives::of(self.headers);
        // One viewer's cookie must not reach another, not even after a revalidation.
        if self.headers.contains_key(SET_COOKIE) && !directives.has("public") {
            return None;
        }
        if self.status.as_u16() >= 400 {
            return self.evaluate_error(&directives);
        }
        let explicit = directives.has("max-age") || directives.has("s-maxage");
        let silent = !explicit && !self.headers.contains_key(EXPIRES) && !directives.forbid();
        let as_sent = self.crate_policy(self.status, &directives.joined());
        if !as_sent.is_storable() {
            return None;
        }
        let lifetime = match (silent, self.lifetime(&as_sent)) {
            (true, _) => self.policy.default_ttl,
            (false, 0) => 0,
            (false, own) => own.clamp(self.policy.min_ttl, self.policy.max_ttl),
        };
        let has_validator =
            self.headers.contains_key(ETAG) || self.headers.contains_key(LAST_MODIFIED);
        if lifetime == 0 && !has_validator {
            return None;
        }
        self.stored_as(self.status, &directives.with_lifetime(lifetime), lifetime)
    }

    /// "Control how long CloudFront caches errors" in its developer guide.
    fn evaluate_error(&self, directives: &Directives) -> Option<Freshness> {
        let code = self.status.as_u16();
        if !CACHED_ERRORS.contains(&code) {
            return None;
        }
        let error_ttl = self.distribution.error_ttl(code);
        let lifetime = match (directives.forbid(), ERRORS_THAT_CAN_FORBID.contains(&code)) {
            (true, true) => 0,
            (true, false) => error_ttl,
            (false, _) => self
                .lifetime(&self.crate_policy(STORABLE_ERROR, &directives.joined()))
                .min(self.policy.max_ttl)
                .max(error_ttl),
        };
        if lifetime == 0 {
            return None;
        }
        self.stored_as(STORABLE_ERROR, &format!("s-maxage={lifetime}"), lifetime)
    }

    /// Seconds between the answer's making and its staleness.
    fn lifetime(&self, policy: &http_cache_semantics::CachePolicy) -> u64 {
        (policy.time_to_live(self.now) + policy.age(self.now)).as_secs()
    }

    fn stored_as(
        &self,
        status: StatusCode,
        cache_control: &str,
        lifetime: u64,
    ) -> Option<Freshness> {
        let policy = Box::new(self.crate_policy(status, cache_control));
        policy
            .is_storable()
            .then_some(Freshness { policy, lifetime })
    }

    fn crate_policy(
        &self,
        status: StatusCode,
        cache_control: &str,
    ) -> http_cache_semantics::CachePolicy {
        let mut response = Response::new(());
        *response.status_mut() = status;
        *response.headers_mut() = self.headers.clone();
        let headers = response.headers_mut();
        headers.remove(PRAGMA);
        headers.remove(CACHE_CONTROL);
        if let (Ok(value), false) = (
            HeaderValue::from_str(cache_control),
            cache_control.is_empty(),
        ) {
            headers.insert(CACHE_CONTROL, value);
        }
        let options = CacheOptions {
            // CloudFront does not guess from Last-Modified: it has a default TTL.
            cache_heuristic: 0.0,
            immutable_min_time_to_live: Duration::ZERO,
            ..CacheOptions::default()
        };
        let request = without_cache_control(self.request);
        http_cache_semantics::CachePolicy::new_options(&request, &response, self.now, options)
    }
}

/// CloudFront ignores the viewer's `Cache-Control` and `Pragma`.
fn without_cache_control(request: &Parts) -> Request<()> {
    let mut forwarded = Request::new(());
    *forwarded.method_mut() = request.method.clone();
    *forwarded.uri_mut() = request.uri.clone();
    *forwarded.headers_mut() = request.headers.clone();
    forwarded.headers_mut().remove(CACHE_CONTROL);
    forwarded.headers_mut().remove(PRAGMA);
    forwarded
}

impl Freshness {
    /// What the stored answer is good for, for this request as it would be forwarded.
    pub(super) fn status(&self, request: &Parts, now: SystemTime) -> FreshnessStatus {
        match self
            .policy
            .before_request(&without_cache_control(request), now)
        {
            BeforeRequest::Fresh(_) => FreshnessStatus::Fresh,
            BeforeRequest::Stale { matches: true, .. } => FreshnessStatus::Stale,
            BeforeRequest::Stale { matches: false, .. } => FreshnessStatus::OtherVariant,
        }
    }

    /// Whether CloudFront serves the answer although it is stale, because the origin fails: however old it is, unless its
    /// own `stale-if-error` ended.
    pub(super) fn outlives_failures(&self, headers: &HeaderMap, now: SystemTime) -> bool {
        match Directives::of(headers).seconds("stale-if-error") {
            None => true,
            Some(0) => false,
            Some(seconds) => self.age(now) <= self.lifetime.saturating_add(seconds),
        }
    }

    /// The value of `Age`, in seconds.
    pub(super) fn age(&self, now: SystemTime) -> u64 {
        self.policy.age(now).as_secs()
    }
}

/// The headers of a stored answer after a 304 confirmed it (RFC 9111 section 3.2).
pub(super) fn confirmed_headers(stored: &HeaderMap, confirmation: &HeaderMap) -> HeaderMap {
    let mut headers = stored.clone();
    headers.remove(AGE);
    for name in confirmation.keys() {
        if name.as_str().starts_with("content-") {
            continue;
        }
        headers.remove(name);
        for value in confirmation.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

fn varies_by_everything(headers: &HeaderMap) -> bool {
    headers
        .get_all(VARY)
        .iter()
        .any(|value| value.as_bytes().contains(&b'*'))
}

/// The directives of `Cache-Control` in lower case, which is how the crate wants them.
struct Directives(Vec<String>);

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let mut directives = Vec::new();
        for value in headers.get_all(CACHE_CONTROL) {
            let Ok(text) = value.to_str() else {
                // Not readable is not permission.
                directives.push("no-store".into());
                continue;
            };
            let items = text.split(',').map(|item| item.trim().to_ascii_lowercase());
            directives.extend(items.filter(|item| !item.is_empty()));
        }
        if directives.is_empty() && pragma_no_cache(headers) {
            directives.push("no-cache".into());
        }
        Self(directives)
    }

    fn joined(&self) -> String {
        self.0.join(", ")
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|item| named(item, name))
    }

    fn seconds(&self, name: &str) -> Option<u64> {
        let named = self.0.iter().find(|item| named(item, name))?;
        let (_, value) = named.split_once('=')?;
        value.trim().trim_matches('"').parse().ok()
    }

    fn forbid(&self) -> bool {
        self.has("no-store") || self.has("no-cache") || self.has("private")
    }

    /// The same directives with CloudFront's lifetime in place of the origin's.
    fn with_lifetime(&self, seconds: u64) -> String {
        let mut kept: Vec<&str> = self.0.iter().map(String::as_str).collect();
        kept.retain(|item| !named(item, "max-age") && !named(item, "s-maxage"));
        let lifetime = format!("s-maxage={seconds}");
        kept.push(&lifetime);
        kept.join(", ")
    }
}

fn named(item: &str, name: &str) -> bool {
    item.split('=').next().is_some_and(|own| own.trim() == name)
}

fn pragma_no_cache(headers: &HeaderMap) -> bool {
    headers
        .get_all(PRAGMA)
        .iter()
        .any(|value| value.to_str().is_ok_and(|text| text.contains("no-cache")))
}

#[cfg(test)]
#[path = "freshness_tests.rs"]
mod tests;
