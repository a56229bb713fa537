//! From a cache key to an answer: from the store, or from the origin - together with others or alone.
//!
//! Which requests may use the cache at all is `front`'s to say; how the origin is asked, `fetch`'s.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::BytesMut;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE};
use http::request::Parts;

use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::body::{Body, BodyError};
use super::collapse::{Flights, Landing, Pilot, Seat};
use super::distribution::Distribution;
use super::fetch::Fetched;
use super::freshness::{Freshness, Standing};
use super::passing_copy::PassingCopy;
use super::refusal::Refusal;
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
        let partial = trip.headers.contains_key(RANGE);
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
                Landing::Shared(stored) if is_for(&stored, &trip.judged()) => {
                    Ok(Delivery::Hit(stored))
                }
                Landing::Failed(refusal) => Err(refusal),
                Landing::Shared(_) | Landing::Alone => self.fetch_alone(key, trip, stale).await,
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
            let copy = PassingCopy {
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
    if is_for(stored, judged) {
        Landing::Shared(Arc::clone(stored))
    } else {
        Landing::Alone
    }
}

/// Fresh, and the variant (`Vary`) this request asks for.
fn is_for(stored: &Stored, judged: &Parts) -> bool {
    stored.freshness.standing(judged, SystemTime::now()) == Standing::Fresh
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
