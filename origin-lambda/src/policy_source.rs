//! Keeps a policy of the bucket at hand: at most 60 seconds old, fetched by one request at a time.
//!
//! Fail closed: a missing, unreadable or invalid document allows nothing at once. Only when S3 is
//! throttling or away is the last good policy used on, for at most 5 minutes after it was last
//! confirmed; a revoked token can therefore live that long during an outage, and 60 seconds otherwise.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::Mutex;

use crate::{
    age::within,
    error::Error,
    publisher::{self, Publishers},
    store::{DocumentRead, Store},
    viewing::{self, ViewersPolicy},
};

/// A policy in the bucket.
pub trait Policy: Sized {
    /// Its key.
    const KEY: &'static str;
    /// Its bytes at most.
    const MAX_DOCUMENT: usize;

    /// Reads the document.
    ///
    /// # Errors
    /// It is not one: nothing is allowed until it is repaired.
    fn read(document: &[u8]) -> Result<Self, Error>;

    /// What it means that there is none.
    fn missing() -> Error;
}

impl Policy for Publishers {
    const KEY: &'static str = publisher::POLICY_KEY;
    const MAX_DOCUMENT: usize = publisher::MAX_DOCUMENT;

    fn read(document: &[u8]) -> Result<Self, Error> {
        Self::parse(document).map_err(Error::PolicyInvalid)
    }

    fn missing() -> Error {
        Error::PolicyMissing
    }
}

impl Policy for ViewersPolicy {
    const KEY: &'static str = viewing::POLICY_KEY;
    const MAX_DOCUMENT: usize = viewing::MAX_DOCUMENT;

    fn read(document: &[u8]) -> Result<Self, Error> {
        Self::parse(document).map_err(Error::ViewersPolicyInvalid)
    }

    /// A system without logins.
    fn missing() -> Error {
        Error::NotFound
    }
}

const FRESH_FOR: Duration = Duration::from_secs(60);
const USABLE_FOR: Duration = Duration::from_secs(300);
/// Pause between attempts while S3 is away, so that waiting requests do not queue behind timeouts.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A cached, self-refreshing policy.
#[derive(Debug)]
pub struct PolicySource<P> {
    state: Mutex<State<P>>,
}

#[derive(Debug)]
struct State<P> {
    good: Option<Good<P>>,
    outage: Option<Outage>,
}

#[derive(Debug)]
struct Good<P> {
    policy: Arc<P>,
    etag: Option<String>,
    confirmed: SystemTime,
}

#[derive(Debug)]
struct Outage {
    since: SystemTime,
    cause: Arc<Error>,
}

impl<P> Default for State<P> {
    fn default() -> Self {
        Self {
            good: None,
            outage: None,
        }
    }
}

impl<P> Default for PolicySource<P> {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
        }
    }
}

impl<P: Policy> PolicySource<P> {
    /// The policy in force at `now`. `now` is wall-clock time: a monotonic clock may stand still
    /// while Lambda freezes the process, and a frozen policy must not look fresh.
    ///
    /// # Errors
    /// There is no policy that may be relied on; nothing is allowed then.
    pub async fn current(&self, store: &Store, now: SystemTime) -> Result<Arc<P>, Error> {
        // Held across the fetch: this is what makes concurrent requests share one.
        let mut state = self.state.lock().await;
        if let Some(good) = state
            .good
            .as_ref()
            .filter(|good| within(FRESH_FOR, good.confirmed, now))
        {
            return Ok(Arc::clone(&good.policy));
        }
        if state
            .outage
            .as_ref()
            .is_some_and(|outage| within(RETRY_AFTER, outage.since, now))
        {
            return state.last_good(now);
        }
        let etag = state.good.as_ref().and_then(|good| good.etag.as_deref());
        match store.read_document(P::KEY, etag, P::MAX_DOCUMENT).await {
            Err(Error::NotFound) => {
                *state = State::default();
                Err(P::missing())
            }
            Ok(document) => state.accept(document, now),
            Err(error) if error.is_transient() => {
                tracing::warn!(policy = P::KEY, error = %error, "the policy cannot be refreshed");
                state.outage = Some(Outage {
                    since: now,
                    cause: Arc::new(error),
                });
                state.last_good(now)
            }
            Err(error) => {
                *state = State::default();
                Err(error)
            }
        }
    }
}

impl<P: Policy> State<P> {
    fn accept(&mut self, document: DocumentRead, now: SystemTime) -> Result<Arc<P>, Error> {
        let good = match (document, self.good.take()) {
            (DocumentRead::Unchanged, Some(good)) => Good {
                confirmed: now,
                ..good
            },
            (DocumentRead::Unchanged, None) => return Err(P::missing()),
            (DocumentRead::Read { etag, body }, _) => {
                let policy = Arc::new(P::read(&body)?);
                Good {
                    policy,
                    etag,
                    confirmed: now,
                }
            }
        };
        let policy = Arc::clone(&good.policy);
        *self = Self {
            good: Some(good),
            outage: None,
        };
        Ok(policy)
    }

    fn last_good(&self, now: SystemTime) -> Result<Arc<P>, Error> {
        match (&self.good, &self.outage) {
            (Some(good), _) if within(USABLE_FOR, good.confirmed, now) => {
                Ok(Arc::clone(&good.policy))
            }
            (_, Some(outage)) => Err(Error::PolicyUnavailable(Box::new(Arc::clone(
                &outage.cause,
            )))),
            (_, None) => Err(P::missing()),
        }
    }
}
