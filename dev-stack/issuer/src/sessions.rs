//! Who is logged in, in which browser; in memory, so that it ends with the stack.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use super::bounded_map::BoundedMap;
use super::person::Person;
use super::random_id::random_id;

/// More than browsers of one machine; one has at most 3 KiB.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// A person, and when he logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) person: Person,
    pub(super) at: SystemTime,
}

/// Logins by the ids in cookies.
#[derive(Debug)]
pub(super) struct Sessions(BoundedMap<Login>);

impl Login {
    /// How long ago it was; no time at all, if the clock was set back since.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.at).unwrap_or_default()
    }
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self(BoundedMap::new(MOST))
    }

    /// A new session's id.
    pub(super) fn begin(&self, login: Login) -> Result<String, getrandom::Error> {
        let id = random_id()?;
        self.0.insert(id.clone(), login);
        Ok(id)
    }

    pub(super) fn find(&self, id: &str, now: SystemTime) -> Option<Login> {
        self.0.find(id).filter(|login| login.age(now) < LIFETIME)
    }

    /// Ends a session, if there is one of this id.
    pub(super) fn end(&self, id: &str) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn login() -> Login {
        Login {
            person: Person::new("ada", &[]).unwrap(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
        }
    }

    #[test]
    fn a_session_ends_after_twelve_hours_or_when_it_is_ended() {
        let (sessions, login) = (Sessions::new(), login());
        let id = sessions.begin(login.clone()).unwrap();
        let last = login.at + LIFETIME - Duration::from_secs(1);
        assert_eq!(sessions.find(&id, last), Some(login.clone()));
        assert_eq!(sessions.find(&id, login.at + LIFETIME), None);
        sessions.end(&id);
        assert_eq!(sessions.find(&id, login.at), None);
    }

    #[test]
    fn a_clock_set_back_makes_no_login_older() {
        let login = login();
        let before = login.at - Duration::from_secs(5);
        assert_eq!(login.age(before), Duration::ZERO);
    }

    #[test]
    fn no_more_than_a_thousand_sessions_are_kept() {
        let (sessions, login) = (Sessions::new(), login());
        let first = sessions.begin(login.clone()).unwrap();
        for _ in 0..MOST.get() {
            sessions.begin(login.clone()).unwrap();
        }
        assert_eq!(sessions.find(&first, login.at), None);
    }
}
