//! Asking the origin for an object, or whether the stored one still holds.
//!
//! Who waits for the answer, and who else may have it, is `deliver`'s.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use http::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::request::Parts;

use super::deliver::Cache;
use super::distribution::CachePolicy;
use super::freshness::{Candidate, Freshness, confirmed_headers};
use super::refusal::Refusal;
use super::replay::opaque;
use super::store::{CacheKey, Epoch, Stored};
use super::trip::{OriginAnswer, Trip};

/// What asking the origin gave.
pub(super) enum Fetched {
    /// The stored answer still holds.
    Confirmed(Arc<Stored>),
    /// A new answer, and its freshness if it may be stored.
    Answer(OriginAnswer, Option<Freshness>),
}

impl Cache {
    /// Asks the origin, or asks it whether a stale answer still holds.
    pub(super) async fn fetch(
        &self,
        key: &CacheKey,
        mut trip: Trip,
        stale: Option<Arc<Stored>>,
        epoch: Epoch,
    ) -> Result<Fetched, Refusal> {
        let judged = trip.judged();
        let policy = trip.behaviour.cache.clone();
        let unconditional = stale.as_ref().map(|stored| {
            trip.headers.remove(IF_NONE_MATCH);
            trip.headers.remove(IF_MODIFIED_SINCE);
            let plain = trip.again();
            ask_whether_it_holds(&mut trip.headers, &stored.headers);
            plain
        });
        let mut answer = self.route.travel(trip).await?;
        if let (Some(stored), Some(plain)) = (stale, unconditional) {
            if answer.status == StatusCode::NOT_MODIFIED {
                if let Some(confirmed) = self.confirm(&judged, &policy, &stored, &answer.headers) {
                    self.store
                        .insert(key.clone(), Arc::clone(&confirmed), epoch);
                    return Ok(Fetched::Confirmed(confirmed));
                }
                self.store.remove(key, &stored);
                answer = self.route.travel(plain).await?;
            } else if !answer.status.is_server_error() {
                self.store.remove(key, &stored);
            }
        }
        let freshness = self.judge(&judged, &policy, answer.status, &answer.headers);
        Ok(Fetched::Answer(answer, freshness))
    }

    fn judge(
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
        candidate.judge()
    }

    /// The stored answer with the headers of a 304; `None` if the 304 is about something else, or forbids storing.
    fn confirm(
        &self,
        judged: &Parts,
        policy: &CachePolicy,
        stored: &Stored,
        confirmation: &HeaderMap,
    ) -> Option<Arc<Stored>> {
        let tag = |headers: &HeaderMap| {
            let tag = headers.get(ETAG)?.to_str().ok()?;
            Some(opaque(tag).to_owned())
        };
        if confirmation.contains_key(ETAG) && tag(confirmation) != tag(&stored.headers) {
            return None;
        }
        let headers = confirmed_headers(&stored.headers, confirmation);
        let freshness = self.judge(judged, policy, stored.status, &headers)?;
        Some(Arc::new(Stored {
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
