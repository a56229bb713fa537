//! Asking the origin for an object, or whether the stored one still holds.
//!
//! Who waits for the answer, and who else may have it, is `deliver`'s.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use http::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RANGE};
use http::request::Parts;

use super::cache::Cache;
use super::distribution::CachePolicy;
use super::freshness::{Candidate, Freshness, confirmed_headers};
use super::refusal::Refusal;
use super::replay::opaque;
use super::store::{CacheKey, CachedResponse, Epoch};
use super::upstream_request::UpstreamRequest;
use super::upstream_response::UpstreamResponse;

/// What asking the origin gave.
pub(super) enum Fetched {
    /// The stored answer still holds.
    Confirmed(Arc<CachedResponse>),
    /// The origin fails, and the stored answer is served although it is stale.
    Outlived(Arc<CachedResponse>),
    /// A new answer, and its freshness if it may be stored.
    Answer(UpstreamResponse, Option<Freshness>),
}

impl Cache {
    /// Asks the origin, or asks it whether a stale answer still holds.
    pub(super) async fn fetch(
        &self,
        key: &CacheKey,
        mut request: UpstreamRequest,
        stale: Option<Arc<CachedResponse>>,
        epoch: Epoch,
    ) -> Result<Fetched, Refusal> {
        let parts = request.for_cache();
        let policy = request.behaviour.cache.clone();
        // A part of a stale answer says nothing about the whole.
        let partial = request.headers.contains_key(RANGE);
        let unconditional = stale.as_ref().filter(|_| !partial).map(|stored| {
            request.headers.remove(IF_NONE_MATCH);
            request.headers.remove(IF_MODIFIED_SINCE);
            let plain = request.again();
            ask_whether_it_holds(&mut request.headers, &stored.headers);
            plain
        });
        let outliving = stale.as_ref().filter(|stored| {
            let now = SystemTime::now();
            stored.freshness.outlives_failures(&stored.headers, now)
        });
        let mut answer = match (self.upstream.send(request).await, outliving) {
            (Ok(answer), Some(stored)) if answer.status.is_server_error() => {
                return Ok(Fetched::Outlived(Arc::clone(stored)));
            }
            (Err(refusal), Some(stored)) if refusal.is_the_origins() => {
                return Ok(Fetched::Outlived(Arc::clone(stored)));
            }
            (sent, _) => sent?,
        };
        if let (Some(stored), Some(plain)) = (stale, unconditional) {
            if answer.status == StatusCode::NOT_MODIFIED {
                if let Some(confirmed) = self.confirm(&parts, &policy, &stored, &answer.headers) {
                    self.store
                        .insert(key.clone(), Arc::clone(&confirmed), epoch);
                    return Ok(Fetched::Confirmed(confirmed));
                }
                self.store.remove(key, &stored);
                answer = self.upstream.send(plain).await?;
            } else if !answer.status.is_server_error() {
                self.store.remove(key, &stored);
            }
        }
        let freshness = self.evaluate(&parts, &policy, answer.status, &answer.headers);
        Ok(Fetched::Answer(answer, freshness))
    }

    fn evaluate(
        &self,
        request: &Parts,
        policy: &CachePolicy,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Freshness> {
        let candidate = Candidate {
            distribution: &self.distribution,
            policy,
            request,
            status,
            headers,
            now: SystemTime::now(),
        };
        candidate.evaluate()
    }

    /// The stored answer with the headers of a 304; `None` if the 304 is about something else, or forbids storing.
    fn confirm(
        &self,
        parts: &Parts,
        policy: &CachePolicy,
        stored: &CachedResponse,
        confirmation: &HeaderMap,
    ) -> Option<Arc<CachedResponse>> {
        let tag = |headers: &HeaderMap| {
            let tag = headers.get(ETAG)?.to_str().ok()?;
            Some(opaque(tag).to_owned())
        };
        if confirmation.contains_key(ETAG) && tag(confirmation) != tag(&stored.headers) {
            return None;
        }
        let headers = confirmed_headers(&stored.headers, confirmation);
        let freshness = self.evaluate(parts, policy, stored.status, &headers)?;
        Some(Arc::new(CachedResponse {
            status: stored.status,
            headers,
            body: Arc::clone(&stored.body),
            freshness,
        }))
    }
}

fn ask_whether_it_holds(request: &mut HeaderMap, stored: &HeaderMap) {
    for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
        if let Some(value) = stored.get(validator) {
            request.insert(condition, value.clone());
        }
    }
}
