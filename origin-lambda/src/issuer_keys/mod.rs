//! Keeps issuers' keys at hand, and verifies their JWTs with them.
//!
//! Nobody can make the origin hammer an issuer: keys are fetched by one request at a time, and after
//! any fetch there is none for 10 seconds, whatever key ids arrive. A key that verified lately goes
//! on while the issuer is away, for an hour at most; a token of a key never seen waits for the issuer.

mod jwks_fetch;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value};

use self::jwks_fetch::{FetchError, JwksFetch};
use crate::{
    age::within,
    error::Error,
    oidc::{Issuer, Jwks, JwtRefusal, UnverifiedJwt, VerifyingKey},
};

/// A key that was withdrawn verifies this long.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// The same while the issuer is away.
const USABLE_FOR: Duration = Duration::from_secs(3600);
/// The pause after a fetch, successful or not.
const PENALTY: Duration = Duration::from_secs(10);

/// The keys of all issuers of a policy, fetched when they are needed.
#[derive(Debug, Default)]
pub struct IssuerKeys {
    fetch: JwksFetch,
    by_url: Mutex<BTreeMap<String, Arc<Cached>>>,
}

#[derive(Debug, Default)]
struct Cached {
    state: Mutex<State>,
    /// Held while fetching: this is what makes waiting requests share one. Requests whose key is
    /// known and fresh never wait here.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<(Jwks, SystemTime)>,
    /// The last fetch, and why it failed.
    attempt: Option<(SystemTime, Option<Arc<FetchError>>)>,
}

impl IssuerKeys {
    /// The claims of a token of one of these issuers, and which of them it is.
    ///
    /// # Errors
    /// The token is not accepted, or the issuer's keys are not to be had.
    pub async fn verified<'p>(
        &self,
        issuers: &'p [Issuer],
        token: &str,
        now: SystemTime,
    ) -> Result<(&'p Issuer, Map<String, Value>), Error> {
        let token = UnverifiedJwt::parse(token)?;
        let issuer = token.alleged_issuer(issuers)?;
        let key = self.key(issuers, issuer, token.key_id(), now).await?;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = token.admitted(issuer, &key, seconds.as_secs_f64())?;
        Ok((issuer, claims))
    }

    async fn key(
        &self,
        issuers: &[Issuer],
        issuer: &Issuer,
        id: &str,
        now: SystemTime,
    ) -> Result<VerifyingKey, Error> {
        let cached = self.cached(issuers, issuer);
        if let Some(key) = cached.known(id, FRESH_FOR, now) {
            return Ok(key);
        }
        let _flight = cached.flight.lock().await;
        if let Some(key) = cached.known(id, FRESH_FOR, now) {
            return Ok(key);
        }
        if !cached.is_in_penalty(now) {
            let fetched = self.fetch.fetch(&issuer.keys_url()).await;
            cached.note(&issuer.id, fetched, now);
        }
        match (cached.known(id, USABLE_FOR, now), cached.failure()) {
            (Some(key), _) => Ok(key),
            (None, None) => Err(JwtRefusal::UnknownKey.into()),
            (None, Some(cause)) => Err(Error::IssuerUnavailable {
                issuer: issuer.id.clone(),
                source: Box::new(cause),
            }),
        }
    }

    /// What is kept for the issuer. What is kept for others than these goes.
    fn cached(&self, issuers: &[Issuer], issuer: &Issuer) -> Arc<Cached> {
        let url = issuer.keys_url();
        let mut by_url = self.by_url.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = by_url.get(&url) {
            return Arc::clone(cached);
        }
        let current: Vec<String> = issuers.iter().map(Issuer::keys_url).collect();
        by_url.retain(|known, _| current.contains(known));
        Arc::clone(by_url.entry(url).or_default())
    }
}

impl Cached {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is replaced in single assignments, so that a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: &str, span: Duration, now: SystemTime) -> Option<VerifyingKey> {
        let state = self.state();
        let (keys, fetched) = state.keys.as_ref()?;
        keys.key(id)
            .filter(|_| within(span, *fetched, now))
            .cloned()
    }

    fn is_in_penalty(&self, now: SystemTime) -> bool {
        let state = self.state();
        state
            .attempt
            .as_ref()
            .is_some_and(|(at, _)| within(PENALTY, *at, now))
    }

    fn failure(&self) -> Option<Arc<FetchError>> {
        self.state().attempt.as_ref()?.1.clone()
    }

    fn note(&self, issuer: &str, fetched: Result<Jwks, FetchError>, now: SystemTime) {
        let mut state = self.state();
        match fetched {
            Ok(keys) => {
                state.keys = Some((keys, now));
                state.attempt = Some((now, None));
            }
            Err(error) => {
                tracing::warn!(issuer, error = %error, "the issuer's keys cannot be read");
                state.attempt = Some((now, Some(Arc::new(error))));
            }
        }
    }
}
