//! Attempts with pauses between: exponential, with jitter, and never shorter than the server asks for.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use keyfront_aws_call::status_may_pass;

use super::arriving::TooLong;

/// Attempts of one exchange.
const ATTEMPTS: u32 = 10;
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(20);
/// Longer than this nobody waits, whatever the server asks for.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// Why an attempt failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another may succeed, not before so long.
    Again(anyhow::Error, Option<Duration>),
    /// None will.
    Final(anyhow::Error),
}

impl Failure {
    /// Whether an answer of this status is worth another attempt, and from when on.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, error: anyhow::Error) -> Self {
        match status_may_pass(status.as_u16()) {
            true => Self::Again(error, retry_after(headers)),
            false => Self::Final(error),
        }
    }

    /// Of an answer that did not come, or not whole: a connection that breaks is worth another attempt, a body without end is not.
    pub(crate) fn of_transport(error: anyhow::Error) -> Self {
        match error.is::<TooLong>() {
            true => Self::Final(error),
            false => Self::Again(error, None),
        }
    }
}

/// `Retry-After` in seconds. Nobody here sends dates.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// The pauses of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Pauses(u32);

impl Pauses {
    /// The pause before the next attempt; `None` if there is none.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return None;
        }
        let bound = FIRST.saturating_mul(1 << (self.0 - 1).min(16)).min(LONGEST);
        // Half of it at least: a pause that may be none is none for somebody.
        let pause = bound / 2 + bound.mul_f64(random() / 2.0);
        Some(pause.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
    }
}

/// From 0 to 1. Without randomness pauses are as long as they may be.
fn random() -> f64 {
    let mut byte = [0];
    match getrandom::fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 256.0,
        Err(_) => 1.0,
    }
}

/// Tries until an attempt succeeds, or none is worth it.
///
/// # Errors
/// Of the last attempt.
pub(crate) async fn with_attempts<T>(
    attempt: impl AsyncFn() -> Result<T, Failure>,
) -> anyhow::Result<T> {
    let mut pauses = Pauses::default();
    loop {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Again(error, asked)) => match pauses.next(asked) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error.context(format!("after {ATTEMPTS} attempts"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_end() {
        let mut pauses = Pauses::default();
        let all: Vec<_> = std::iter::from_fn(|| pauses.next(None)).collect();
        assert_eq!(all.len(), ATTEMPTS as usize - 1);
        for (at, pause) in all.iter().enumerate() {
            let bound = FIRST.saturating_mul(1 << at).min(LONGEST);
            assert!(*pause >= bound / 2 && *pause <= bound, "{at}: {pause:?}");
        }
    }

    #[test]
    fn nobody_comes_back_before_the_server_wants_it() {
        let asked = Some(Duration::from_secs(30));
        assert_eq!(Pauses::default().next(asked), asked);
        let forever = Some(Duration::from_secs(86_400));
        assert_eq!(Pauses::default().next(forever), Some(LONGEST_ASKED));
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "3".parse().unwrap());
        let failure = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            Failure::of(status, &headers, anyhow::anyhow!("x"))
        };
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(
                failure(status),
                Failure::Again(_, Some(pause)) if pause == Duration::from_secs(3)
            ));
        }
        for status in [301, 400, 403, 404, 409, 412, 501] {
            assert!(matches!(failure(status), Failure::Final(_)));
        }
        let broken = Failure::of_transport(anyhow::anyhow!("the response was cut off"));
        assert!(matches!(broken, Failure::Again(_, None)));
        let endless = Failure::of_transport(TooLong { limit: 1 }.into());
        assert!(matches!(endless, Failure::Final(_)));
    }
}
