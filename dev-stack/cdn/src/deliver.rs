//! From a cache key to an answer: from the store, or from the origin - together with others or alone.
//!
//! Which requests may use the cache at all is `front`'s to say; how the origin is called, `fetch`'s.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::BytesMut;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE};
use http::request::Parts;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::body::{Body, BodyError};
use super::cache::Cache;
use super::cache_lock::{CacheLock, Leader, Outcome};
use super::cache_tee::CacheTee;
use super::fetch::Fetched;
use super::freshness::{Freshness, FreshnessStatus};
use super::refusal::Refusal;
use super::shared_body::{SharedBody, SharedBodyWriter, shared_body};
use super::store::{CacheKey, CachedResponse, Epoch};
use super::upstream_request::UpstreamRequest;
use super::upstream_response::{AnsweredBy, UpstreamResponse};

/// How a viewer's request was answered.
pub(super) enum Delivery {
    /// From the cache; the origin was not called on this viewer's behalf.
    Hit(Arc<CachedResponse>),
    /// From the cache, after the origin confirmed it.
    Confirmed(Arc<CachedResponse>),
    /// The origin's answer, which is being stored while it is delivered.
    Stored(Arc<CachedResponse>, AnsweredBy),
    /// The origin's answer, for this viewer alone.
    Streamed(UpstreamResponse),
}

/// The viewer who leads a fetch waits here.
type Deliver = oneshot::Sender<Result<Delivery, Refusal>>;

/// Hands a delivery over. That viewer may have left; the followers have their outcome.
fn leave(deliver: Deliver, delivery: Result<Delivery, Refusal>) {
    let _ = deliver.send(delivery);
}

/// What it takes to give an answer to everybody while it arrives.
struct Shareable {
    freshness: Freshness,
    length: usize,
    memory: OwnedSemaphorePermit,
}

impl Shareable {
    fn open(self, answer: &UpstreamResponse) -> (Arc<CachedResponse>, SharedBodyWriter) {
        let writer = shared_body(self.length, self.memory);
        let stored = CachedResponse {
            status: answer.status,
            headers: answer.headers.clone(),
            body: writer.body(),
            freshness: self.freshness,
        };
        (Arc::new(stored), writer)
    }
}

/// What the cache has for a key.
enum CacheLookup {
    Fresh(Arc<CachedResponse>),
    Stale(Arc<CachedResponse>),
    Nothing,
}

impl Cache {
    /// Answers a request whose answer may come from, and go into, the cache.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        key: CacheKey,
        request: UpstreamRequest,
    ) -> Result<Delivery, Refusal> {
        let partial = request.headers.contains_key(RANGE);
        let conditional = request.headers.contains_key(IF_NONE_MATCH)
            || request.headers.contains_key(IF_MODIFIED_SINCE);
        let stale = match self.find(&key, &request) {
            CacheLookup::Fresh(stored) => return Ok(Delivery::Hit(stored)),
            CacheLookup::Stale(stored) => Some(stored),
            CacheLookup::Nothing => None,
        };
        // These ask for less than an answer that could be shared.
        if partial || (conditional && stale.is_none()) {
            return self.fetch_alone(key, request, stale).await;
        }
        match self.locks.acquire(&key) {
            CacheLock::Leader(leader) => self.lead(leader, key, request, stale).await,
            CacheLock::Follower(follower) => match follower.outcome().await {
                Outcome::Shared(stored) if is_for(&stored, &request.for_cache()) => {
                    Ok(Delivery::Hit(stored))
                }
                Outcome::Failed(refusal) => Err(refusal),
                Outcome::Shared(_) | Outcome::Alone => self.fetch_alone(key, request, stale).await,
            },
        }
    }

    fn find(&self, key: &CacheKey, request: &UpstreamRequest) -> CacheLookup {
        let now = SystemTime::now();
        let mut parts = request.for_cache();
        // An answer to GET answers HEAD too, and was evaluated as one.
        parts.method = Method::GET;
        if let Some(stored) = self.store.lookup(&key.as_get()) {
            match stored.freshness.status(&parts, now) {
                FreshnessStatus::Fresh => return CacheLookup::Fresh(stored),
                FreshnessStatus::Stale if *key == key.as_get() => {
                    return CacheLookup::Stale(stored);
                }
                FreshnessStatus::Stale | FreshnessStatus::OtherVariant => {}
            }
        }
        if *key == key.as_get() {
            return CacheLookup::Nothing;
        }
        parts.method = Method::HEAD;
        let Some(stored) = self.store.lookup(key) else {
            return CacheLookup::Nothing;
        };
        match stored.freshness.status(&parts, now) {
            FreshnessStatus::Fresh => CacheLookup::Fresh(stored),
            FreshnessStatus::Stale => CacheLookup::Stale(stored),
            FreshnessStatus::OtherVariant => CacheLookup::Nothing,
        }
    }

    /// Asks the origin for everybody, in a task of its own: the viewer who came first may leave.
    async fn lead(
        self: &Arc<Self>,
        leader: Leader,
        key: CacheKey,
        request: UpstreamRequest,
        stale: Option<Arc<CachedResponse>>,
    ) -> Result<Delivery, Refusal> {
        // The fetch before this one may have ended between the look into the store and now.
        if let CacheLookup::Fresh(stored) = self.find(&key, &request) {
            leader.finish(Outcome::Shared(Arc::clone(&stored)));
            return Ok(Delivery::Hit(stored));
        }
        let (deliver, delivery) = oneshot::channel();
        tokio::spawn(Arc::clone(self).lead_fetch(leader, key, request, stale, deliver));
        delivery
            .await
            .unwrap_or_else(|_| Err(Refusal::OriginUnreachable("the request was dropped".into())))
    }

    async fn lead_fetch(
        self: Arc<Self>,
        leader: Leader,
        key: CacheKey,
        request: UpstreamRequest,
        stale: Option<Arc<CachedResponse>>,
        deliver: Deliver,
    ) {
        let epoch = self.store.epoch();
        let parts = request.for_cache();
        let (answer, freshness) = match self.fetch(&key, request, stale, epoch).await {
            Err(refusal) => {
                leader.finish(Outcome::Failed(refusal.clone()));
                return leave(deliver, Err(refusal));
            }
            Ok(Fetched::Confirmed(stored)) => {
                leader.finish(outcome_of(&stored, &parts));
                return leave(deliver, Ok(Delivery::Confirmed(stored)));
            }
            Ok(Fetched::Outlived(stored)) => {
                leader.finish(Outcome::Alone);
                return leave(deliver, Ok(Delivery::Hit(stored)));
            }
            Ok(Fetched::Answer(answer, freshness)) => (answer, freshness),
        };
        match self.shareable(&parts, &answer, freshness) {
            Err(freshness) => {
                leader.finish(Outcome::Alone);
                let delivery = self.deliver_alone(key, answer, freshness, epoch);
                leave(deliver, Ok(delivery));
            }
            Ok(shareable) => {
                let (stored, writer) = shareable.open(&answer);
                leader.finish(Outcome::Shared(Arc::clone(&stored)));
                leave(
                    deliver,
                    Ok(Delivery::Stored(Arc::clone(&stored), answer.by)),
                );
                match fill(writer, answer.body).await {
                    Ok(_) => self.store.insert(key, stored, epoch),
                    Err(cause) => {
                        tracing::warn!(%cause, "a response was aborted and is not cached");
                    }
                }
            }
        }
    }

    /// Whether an answer can be given to everybody while it arrives: fresh, of known length, and memory for it.
    fn shareable(
        &self,
        parts: &Parts,
        answer: &UpstreamResponse,
        freshness: Option<Freshness>,
    ) -> Result<Shareable, Option<Freshness>> {
        let Some(freshness) = freshness else {
            return Err(None);
        };
        if freshness.status(parts, SystemTime::now()) != FreshnessStatus::Fresh {
            return Err(Some(freshness));
        }
        let length = match parts.method {
            Method::HEAD => Some(0),
            _ => declared_length(&answer.headers),
        };
        let reserved = length.and_then(|length| {
            let memory = self.store.reserve(length)?;
            Some((usize::try_from(length).ok()?, memory))
        });
        match reserved {
            Some((length, memory)) => Ok(Shareable {
                freshness,
                length,
                memory,
            }),
            None => Err(Some(freshness)),
        }
    }

    async fn fetch_alone(
        self: &Arc<Self>,
        key: CacheKey,
        request: UpstreamRequest,
        stale: Option<Arc<CachedResponse>>,
    ) -> Result<Delivery, Refusal> {
        let epoch = self.store.epoch();
        Ok(match self.fetch(&key, request, stale, epoch).await? {
            Fetched::Confirmed(stored) => Delivery::Confirmed(stored),
            Fetched::Outlived(stored) => Delivery::Hit(stored),
            Fetched::Answer(answer, freshness) => self.deliver_alone(key, answer, freshness, epoch),
        })
    }

    /// Delivers at this viewer's pace, and keeps a copy if the answer may be stored and turns out short enough.
    fn deliver_alone(
        self: &Arc<Self>,
        key: CacheKey,
        mut answer: UpstreamResponse,
        freshness: Option<Freshness>,
        epoch: Epoch,
    ) -> Delivery {
        let declared = declared_length(&answer.headers);
        let longest = declared.unwrap_or(self.store.object_bytes());
        if let Some(freshness) = freshness
            && key == key.as_get()
            && let Some(memory) = self.store.reserve(longest)
        {
            let copy = CacheTee {
                cache: Arc::clone(self),
                key,
                epoch,
                stored: (answer.status, answer.headers.clone(), freshness),
                bytes: BytesMut::new(),
                declared,
                memory,
            };
            answer.body = copy.tee(answer.body);
        }
        Delivery::Streamed(answer)
    }
}

/// Everybody may have an answer that is fresh; one that must be confirmed each time, only who had it confirmed.
fn outcome_of(stored: &Arc<CachedResponse>, parts: &Parts) -> Outcome {
    if is_for(stored, parts) {
        Outcome::Shared(Arc::clone(stored))
    } else {
        Outcome::Alone
    }
}

/// Fresh, and the variant (`Vary`) this request asks for.
fn is_for(stored: &CachedResponse, parts: &Parts) -> bool {
    stored.freshness.status(parts, SystemTime::now()) == FreshnessStatus::Fresh
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn fill(
    mut writer: SharedBodyWriter,
    mut content: Body,
) -> Result<Arc<SharedBody>, BodyError> {
    while let Some(frame) = content.frame().await {
        if let Ok(data) = frame?.into_data() {
            writer.write(&data)?;
        }
    }
    writer.finish()
}
