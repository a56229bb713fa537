//! Request collapsing: concurrent misses of one key share one request to the origin.
//!
//! Keeps who waits for whom. What is asked, and what may be shared, is `fetch`'s.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::refusal::Refusal;
use super::store::{CacheKey, InvalidationPath, Stored, covered};

/// How a flight ended for those who joined it.
#[derive(Debug, Clone)]
pub(super) enum Landing {
    /// An answer everybody may have; its body may still be arriving.
    Shared(Arc<Stored>),
    /// The origin could not be asked; asking again at once would not help.
    Failed(Refusal),
    /// The answer is for the one who asked. Everybody else asks for themselves.
    Alone,
}

type Arrivals = watch::Receiver<Option<Landing>>;

/// The requests under way, by cache key.
#[derive(Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<CacheKey, Arrivals>>,
}

/// A place in a flight.
pub(super) enum Seat {
    /// Ask the origin, then tell the others.
    Pilot(Pilot),
    /// Somebody is asking already.
    Passenger(Passenger),
}

/// Waits for a flight.
pub(super) struct Passenger(Arrivals);

impl Passenger {
    /// How the flight ended; one that vanished is everybody's own again.
    pub(super) async fn landing(mut self) -> Landing {
        match self.0.wait_for(Option::is_some).await {
            Ok(landing) => landing.clone().unwrap_or(Landing::Alone),
            Err(_) => Landing::Alone,
        }
    }
}

/// Leads a flight, which is over when this is dropped.
pub(super) struct Pilot {
    flights: Arc<Flights>,
    key: CacheKey,
    tell: watch::Sender<Option<Landing>>,
}

impl Pilot {
    /// Tells everybody how it ended. Whoever comes later is told the same until the flight is over.
    pub(super) fn land(&self, landing: Landing) {
        self.tell.send_replace(Some(landing));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way();
        // After an invalidation the key may belong to a newer flight.
        if let Entry::Occupied(entry) = under_way.entry(self.key.clone())
            && entry.get().same_channel(&self.tell.subscribe())
        {
            entry.remove();
        }
    }
}

impl Flights {
    fn under_way(&self) -> MutexGuard<'_, HashMap<CacheKey, Arrivals>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the flight for this key, or starts one.
    pub(super) fn board(self: &Arc<Self>, key: &CacheKey) -> Seat {
        match self.under_way().entry(key.clone()) {
            Entry::Occupied(flight) => Seat::Passenger(Passenger(flight.get().clone())),
            Entry::Vacant(place) => {
                let (tell, arrivals) = watch::channel(None);
                place.insert(arrivals);
                Seat::Pilot(Pilot {
                    flights: Arc::clone(self),
                    key: key.clone(),
                    tell,
                })
            }
        }
    }

    /// Nobody joins what was asked before an invalidation.
    pub(super) fn invalidate(&self, paths: &[InvalidationPath]) {
        self.under_way().retain(|key, _| !covered(paths, key));
    }
}
