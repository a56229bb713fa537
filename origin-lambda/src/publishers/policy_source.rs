//! Keeps the publishers' policy at hand: at most 60 seconds old, fetched by one request at a time.
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
    publisher::{MAX_DOCUMENT, POLICY_KEY, Publishers},
    store::{DocumentRead, Store},
};

const FRESH_FOR: Duration = Duration::from_secs(60);
const USABLE_FOR: Duration = Duration::from_secs(300);
/// Pause between attempts while S3 is away, so that waiting requests do not queue behind timeouts.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A cached, self-refreshing publishers' policy.
#[derive(Debug, Default)]
pub struct PolicySource {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    good: Option<Good>,
    outage: Option<Outage>,
}

#[derive(Debug)]
struct Good {
    policy: Arc<Publishers>,
    etag: Option<String>,
    confirmed: SystemTime,
}

#[derive(Debug)]
struct Outage {
    since: SystemTime,
    cause: Arc<Error>,
}

impl PolicySource {
    /// The policy in force at `now`. `now` is wall-clock time: a monotonic clock may stand still
    /// while Lambda freezes the process, and a frozen policy must not look fresh.
    ///
    /// # Errors
    /// There is no policy that may be relied on; nothing is allowed then.
    pub async fn current(&self, store: &Store, now: SystemTime) -> Result<Arc<Publishers>, Error> {
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
        match store.read_document(POLICY_KEY, etag, MAX_DOCUMENT).await {
            Err(Error::NotFound) => {
                *state = State::default();
                Err(Error::PolicyMissing)
            }
            Ok(document) => state.accept(document, now),
            Err(error) if error.is_transient() => {
                tracing::warn!(error = %error, "the publishers' policy cannot be refreshed");
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

impl State {
    fn accept(
        &mut self,
        document: DocumentRead,
        now: SystemTime,
    ) -> Result<Arc<Publishers>, Error> {
        let good = match (document, self.good.take()) {
            (DocumentRead::Unchanged, Some(good)) => Good {
                confirmed: now,
                ..good
            },
            (DocumentRead::Unchanged, None) => return Err(Error::PolicyMissing),
            (DocumentRead::Read { etag, body }, _) => {
                let policy = Arc::new(Publishers::parse(&body).map_err(Error::PolicyInvalid)?);
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

    fn last_good(&self, now: SystemTime) -> Result<Arc<Publishers>, Error> {
        match (&self.good, &self.outage) {
            (Some(good), _) if within(USABLE_FOR, good.confirmed, now) => {
                Ok(Arc::clone(&good.policy))
            }
            (_, Some(outage)) => Err(Error::PolicyUnavailable(Box::new(Arc::clone(
                &outage.cause,
            )))),
            (_, None) => Err(Error::PolicyMissing),
        }
    }
}
