//! From a cache key to an answer: fresh from the store, confirmed by the origin, or fetched - alone or together.
//!
//! Which requests may use the cache at all is `front`'s to say.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::BytesMut;
use futures::{StreamExt, stream};
use http::header::{
    CONTENT_LENGTH, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::body::{self, Body, BodyError};
use super::collapse::{Flights, Landing, Pilot, Seat};
use super::distribution::{CachePolicy, Distribution};
use super::freshness::{Candidate, Freshness, Standing, confirmed_headers};
use super::refusal::Refusal;
use super::replay::opaque;
use super::shared_body::{SharedBody, SharedBodyWriter, shared_body};
use super::store::{CacheKey, Epoch, Store, Stored};
use super::trip::{AnsweredBy, OriginAnswer, Route, Trip};

/// The cache between viewers and origins.
pub(super) struct Cache {
    pub(super) distribution: Distribution,
    pub(super) store: Store,
    pub(super) flights: Arc<Flights>,
    pub(super) route: Route,
}

/// How a viewer's request was answered.
pub(super) enum Delivery {
    /// From the cache, without a word to the origin on this viewer's behalf.
    Hit(Arc<Stored>),
    /// From the cache, after the origin confirmed it.
    Confirmed(Arc<Stored>),
    /// The origin's answer, which is being stored while it is delivered.
    Stored(Arc<Stored>, AnsweredBy),
    /// The origin's answer, for this viewer alone.
    Streamed(OriginAnswer),
}

/// The viewer who started a flight waits here.
type Deliver = oneshot::Sender<Result<Delivery, Refusal>>;

/// Hands a delivery over. That viewer may have left; the others have been told.
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
    fn open(self, answer: &OriginAnswer) -> (Arc<Stored>, SharedBodyWriter) {
        let writer = shared_body(self.length, self.memory);
        let stored = Stored {
            status: answer.status,
            headers: answer.headers.clone(),
            body: writer.body(),
            freshness: self.freshness,
        };
        (Arc::new(stored), writer)
    }
}

/// What asking the origin gave.
enum Fetched {
    Confirmed(Arc<Stored>),
    Answer(OriginAnswer, Option<Freshness>),
}

/// What the cache has for a key.
enum Found {
    Fresh(Arc<Stored>),
    Stale(Arc<Stored>),
    Nothing,
}

impl Cache {
    /// Answers a request whose answer may come from, and go into, the cache.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        key: CacheKey,
        trip: Trip,
    ) -> Result<Delivery, Refusal> {
        let partial = trip.headers.contains_key(http::header::RANGE);
        let conditional = trip.headers.contains_key(IF_NONE_MATCH)
            || trip.headers.contains_key(IF_MODIFIED_SINCE);
        let stale = match self.find(&key, &trip) {
            Found::Fresh(stored) => return Ok(Delivery::Hit(stored)),
            // A part of a stale object says nothing about the whole.
            Found::Stale(_) if partial => None,
            Found::Stale(stored) => Some(stored),
            Found::Nothing => None,
        };
        // These ask for less than an answer that could be shared.
        if partial || (conditional && stale.is_none()) {
            return self.fetch_alone(key, trip, None).await;
        }
        match self.flights.board(&key) {
            Seat::Pilot(pilot) => self.lead(pilot, key, trip, stale).await,
            Seat::Passenger(passenger) => match passenger.landing().await {
                Landing::Shared(stored) => Ok(Delivery::Hit(stored)),
                Landing::Failed(refusal) => Err(refusal),
                Landing::Alone => self.fetch_alone(key, trip, stale).await,
            },
        }
    }

    fn find(&self, key: &CacheKey, trip: &Trip) -> Found {
        let now = SystemTime::now();
        let mut judged = trip.judged();
        // An answer to GET answers HEAD too, and was judged as one.
        judged.method = Method::GET;
        if let Some(stored) = self.store.lookup(&key.as_get()) {
            match stored.freshness.standing(&judged, now) {
                Standing::Fresh => return Found::Fresh(stored),
                Standing::Stale if *key == key.as_get() => return Found::Stale(stored),
                Standing::Stale | Standing::OtherVariant => {}
            }
        }
        if *key == key.as_get() {
            return Found::Nothing;
        }
        judged.method = Method::HEAD;
        let Some(stored) = self.store.lookup(key) else {
            return Found::Nothing;
        };
        match stored.freshness.standing(&judged, now) {
            Standing::Fresh => Found::Fresh(stored),
            Standing::Stale => Found::Stale(stored),
            Standing::OtherVariant => Found::Nothing,
        }
    }

    /// Asks the origin for everybody, in a task of its own: the viewer who came first may leave.
    async fn lead(
        self: &Arc<Self>,
        pilot: Pilot,
        key: CacheKey,
        trip: Trip,
        stale: Option<Arc<Stored>>,
    ) -> Result<Delivery, Refusal> {
        // The flight before this one may have ended between the look into the store and now.
        if let Found::Fresh(stored) = self.find(&key, &trip) {
            pilot.land(Landing::Shared(Arc::clone(&stored)));
            return Ok(Delivery::Hit(stored));
        }
        let (deliver, delivery) = oneshot::channel();
        tokio::spawn(Arc::clone(self).fly(pilot, key, trip, stale, deliver));
        delivery
            .await
            .unwrap_or_else(|_| Err(Refusal::OriginUnreachable("the request was dropped".into())))
    }

    async fn fly(
        self: Arc<Self>,
        pilot: Pilot,
        key: CacheKey,
        trip: Trip,
        stale: Option<Arc<Stored>>,
        deliver: Deliver,
    ) {
        let epoch = self.store.epoch();
        let judged = trip.judged();
        let (answer, freshness) = match self.fetch(&key, trip, stale, epoch).await {
            Err(refusal) => {
                pilot.land(Landing::Failed(refusal.clone()));
                return leave(deliver, Err(refusal));
            }
            Ok(Fetched::Confirmed(stored)) => {
                pilot.land(landing_of(&stored, &judged));
                return leave(deliver, Ok(Delivery::Confirmed(stored)));
            }
            Ok(Fetched::Answer(answer, freshness)) => (answer, freshness),
        };
        match self.shareable(&judged, &answer, freshness) {
            Err(freshness) => {
                pilot.land(Landing::Alone);
                let delivery = self.deliver_alone(key, answer, freshness, epoch);
                leave(deliver, Ok(delivery));
            }
            Ok(shareable) => {
                let (stored, writer) = shareable.open(&answer);
                pilot.land(Landing::Shared(Arc::clone(&stored)));
                leave(
                    deliver,
                    Ok(Delivery::Stored(Arc::clone(&stored), answer.by)),
                );
                match fill(writer, answer.body).await {
                    Ok(_) => self.store.insert(key, stored, epoch),
                    Err(cause) => tracing::warn!(%cause, "an answer broke off and is not cached"),
                }
            }
        }
    }

    /// Whether an answer can be given to everybody while it arrives: fresh, of known length, and memory for it.
    fn shareable(
        &self,
        judged: &Parts,
        answer: &OriginAnswer,
        freshness: Option<Freshness>,
    ) -> Result<Shareable, Option<Freshness>> {
        let Some(freshness) = freshness else {
            return Err(None);
        };
        if freshness.standing(judged, SystemTime::now()) != Standing::Fresh {
            return Err(Some(freshness));
        }
        let length = match judged.method {
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
        trip: Trip,
        stale: Option<Arc<Stored>>,
    ) -> Result<Delivery, Refusal> {
        let epoch = self.store.epoch();
        Ok(match self.fetch(&key, trip, stale, epoch).await? {
            Fetched::Confirmed(stored) => Delivery::Confirmed(stored),
            Fetched::Answer(answer, freshness) => self.deliver_alone(key, answer, freshness, epoch),
        })
    }

    /// Asks the origin, or asks it whether a stale answer still holds.
    async fn fetch(
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

    /// Delivers at this viewer's pace, and keeps a copy if the answer may be stored and turns out short enough.
    fn deliver_alone(
        self: &Arc<Self>,
        key: CacheKey,
        mut answer: OriginAnswer,
        freshness: Option<Freshness>,
        epoch: Epoch,
    ) -> Delivery {
        let declared = declared_length(&answer.headers);
        let longest = declared.unwrap_or(self.store.object_bytes());
        if let Some(freshness) = freshness
            && key == key.as_get()
            && let Some(memory) = self.store.reserve(longest)
        {
            let copy = Copy {
                cache: Arc::clone(self),
                key,
                epoch,
                stored: (answer.status, answer.headers.clone(), freshness),
                bytes: BytesMut::new(),
                declared,
                memory,
            };
            answer.body = copy.while_delivering(answer.body);
        }
        Delivery::Streamed(answer)
    }
}

/// Everybody may have an answer that is fresh; one that must be confirmed each time, only who had it confirmed.
fn landing_of(stored: &Arc<Stored>, judged: &Parts) -> Landing {
    match stored.freshness.standing(judged, SystemTime::now()) {
        Standing::Fresh => Landing::Shared(Arc::clone(stored)),
        Standing::Stale | Standing::OtherVariant => Landing::Alone,
    }
}

fn ask_whether_it_holds(request: &mut HeaderMap, stored: &HeaderMap) {
    for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
        if let Some(value) = stored.get(validator) {
            request.insert(condition, value.clone());
        }
    }
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

/// A copy made while one viewer reads. If the viewer leaves or the origin breaks off, nothing is stored.
struct Copy {
    cache: Arc<Cache>,
    key: CacheKey,
    epoch: Epoch,
    stored: (StatusCode, HeaderMap, Freshness),
    bytes: BytesMut,
    declared: Option<u64>,
    memory: OwnedSemaphorePermit,
}

impl Copy {
    fn while_delivering(self, content: Body) -> Body {
        let start = (content.into_data_stream(), Some(self));
        body::chunks(stream::unfold(start, |(mut content, copy)| async move {
            match content.next().await {
                None => {
                    if let Some(copy) = copy {
                        copy.store();
                    }
                    None
                }
                Some(Err(cause)) => Some((Err(cause), (content, None))),
                Some(Ok(data)) => {
                    let copy = copy.and_then(|copy| copy.with(&data));
                    Some((Ok(data), (content, copy)))
                }
            }
        }))
    }

    /// `None` once it is longer than the memory reserved for it.
    fn with(mut self, data: &[u8]) -> Option<Self> {
        self.bytes.extend_from_slice(data);
        (self.bytes.len() <= self.memory.num_permits()).then_some(self)
    }

    fn store(mut self) {
        let length = self.bytes.len();
        if self
            .declared
            .is_some_and(|declared| declared != length as u64)
        {
            return;
        }
        drop(self.memory.split(self.memory.num_permits() - length));
        let mut writer = shared_body(length, self.memory);
        let written = writer.write(&self.bytes);
        let (status, headers, freshness) = self.stored;
        if let (Ok(()), Ok(body)) = (written, writer.finish()) {
            let stored = Stored {
                status,
                headers,
                body,
                freshness,
            };
            self.cache
                .store
                .insert(self.key, Arc::new(stored), self.epoch);
        }
    }
}
