//! Sessions of roles, kept: which one a request uses, and who fetches the next.
//!
//! Of the requests an isolate serves at one time, one asks STS for a role; a session is renewed while it is still good,
//! beside the request that noticed; after a failure STS is left alone for a while, longer each time. It has no clock
//! and sends nothing: time comes in, and a [`Step`] says what to do.

use std::sync::Arc;

use super::{AssumeRoleError, RoleSettings, Session};

/// Roles kept; an isolate serves a handful.
const ROLES: usize = 16;
/// A session is renewed this long before its end, in seconds, or in the last quarter of a short one.
const RENEW_BEFORE: i64 = 300;
/// A session this close to its end, in seconds, is not used: the request has a way to go.
const TOO_LATE: i64 = 5;
/// After this time, in seconds, whoever was fetching is taken for lost.
const LOST_AFTER: i64 = 8;
const LONGEST_BACKOFF: i64 = 60;

/// What a request does next.
#[derive(Debug)]
pub enum Step {
    /// Sign with this session.
    Use(Arc<Session>),
    /// Sign with this session, and fetch the next one beside that; report it to [`RoleSessions::arrived`].
    Renew(Arc<Session>),
    /// Fetch a session, report it to [`RoleSessions::arrived`], then ask again.
    Fetch,
    /// Another request is fetching: check again soon.
    Wait,
    /// There is no session, and it is too early to ask again.
    Refused(NoSession),
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSession {
    /// There never was one.
    Missing(AssumeRoleError),
    /// There was one, and it could not be renewed.
    Expired,
}

impl From<NoSession> for keyfront_edge::Refusal {
    fn from(error: NoSession) -> Self {
        match error {
            NoSession::Missing(error) => error.into(),
            NoSession::Expired => Self::CredentialsExpired,
        }
    }
}

/// The sessions of an isolate. One for each role and each id of the secrets that assume it, so that rotated secrets are
/// used with the next request.
#[derive(Debug, Default)]
pub struct RoleSessions {
    roles: Vec<Role>,
}

#[derive(Debug)]
struct Role {
    settings: Arc<RoleSettings>,
    secrets_id: String,
    session: Option<(Arc<Session>, i64)>,
    /// When a fetch began that has not ended.
    fetching: Option<i64>,
    failed: Option<Failure>,
    last_used: i64,
}

#[derive(Debug)]
struct Failure {
    error: AssumeRoleError,
    times: u32,
    until: i64,
}

impl RoleSessions {
    /// No sessions.
    #[must_use]
    pub const fn new() -> Self {
        Self { roles: Vec::new() }
    }

    /// What a request that needs this role does at `now` (Unix seconds).
    pub fn ask(&mut self, settings: &Arc<RoleSettings>, secrets_id: &str, now: i64) -> Step {
        let role = self.role(settings, secrets_id, now);
        role.last_used = now;
        let fetching = role.fetching.is_some_and(|since| now - since < LOST_AFTER);
        let backing_off = role.failed.as_ref().filter(|failure| now < failure.until);
        match &role.session {
            Some((session, renew_at)) if is_good(session, now) => {
                let session = Arc::clone(session);
                if now < *renew_at || fetching || backing_off.is_some() {
                    return Step::Use(session);
                }
                role.fetching = Some(now);
                Step::Renew(session)
            }
            _ if fetching => Step::Wait,
            was => match backing_off {
                Some(_) if was.is_some() => Step::Refused(NoSession::Expired),
                Some(failure) => Step::Refused(NoSession::Missing(failure.error.clone())),
                None => {
                    role.fetching = Some(now);
                    Step::Fetch
                }
            },
        }
    }

    /// Keeps STS's answer.
    pub fn arrived(
        &mut self,
        settings: &Arc<RoleSettings>,
        secrets_id: &str,
        now: i64,
        answer: Result<Session, AssumeRoleError>,
    ) {
        let role = self.role(settings, secrets_id, now);
        role.fetching = None;
        match answer {
            Ok(session) if is_good(&session, now) => {
                let life = session.expires_at.map_or(i64::MAX, |end| end - now);
                let renew_at = now.saturating_add(life - RENEW_BEFORE.min(life / 4));
                // The one before is wiped when the last request that uses it ends.
                role.session = Some((Arc::new(session), renew_at));
                role.failed = None;
            }
            Ok(_) => role.fail(AssumeRoleError::SecretsExpired, now),
            Err(error) => role.fail(error, now),
        }
    }

    fn role(&mut self, settings: &Arc<RoleSettings>, secrets_id: &str, now: i64) -> &mut Role {
        let known = |role: &Role| role.settings == *settings && role.secrets_id == secrets_id;
        let place = match self.roles.iter().position(known) {
            Some(place) => place,
            None => {
                if self.roles.len() == ROLES {
                    self.forget_the_idlest();
                }
                self.roles.push(Role {
                    settings: Arc::clone(settings),
                    secrets_id: secrets_id.to_owned(),
                    session: None,
                    fetching: None,
                    failed: None,
                    last_used: now,
                });
                self.roles.len() - 1
            }
        };
        &mut self.roles[place]
    }

    fn forget_the_idlest(&mut self) {
        let last_used = |(_, role): &(usize, &Role)| role.last_used;
        let idlest = self.roles.iter().enumerate().min_by_key(last_used);
        if let Some((place, _)) = idlest {
            self.roles.swap_remove(place);
        }
    }
}

impl Role {
    fn fail(&mut self, error: AssumeRoleError, now: i64) {
        let times = self.failed.as_ref().map_or(0, |failure| failure.times) + 1;
        let backoff = (1_i64 << (times - 1).min(6)).min(LONGEST_BACKOFF);
        self.failed = Some(Failure {
            error,
            times,
            until: now + backoff,
        });
    }
}

fn is_good(session: &Session, now: i64) -> bool {
    session.expires_at.is_none_or(|end| end - now > TOO_LATE)
}
