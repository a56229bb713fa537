//! Credentials: where the keys come from that requests are signed with.
//!
//! They are read for every request and given to the core as they are: missing ones are the core's to refuse. With a
//! `role`, the Worker's secrets only assume it, and requests are signed with the role's sessions, which
//! [`role_sessions`] keeps and renews.

mod assume_role;
pub mod role_sessions;
mod session;

use std::{cell::RefCell, sync::Arc};

use keyfront_edge::{Refusal, RoleCredentials};
use keyfront_sigv4::Signer;
use worker::{Context, console_error};
use zeroize::Zeroizing;

pub(crate) use self::assume_role::RoleDocument;
pub use self::assume_role::{AssumeRoleError, RoleSettings, read as read_session};
use self::role_sessions::{RoleSessions, Step};
pub use self::session::Session;
use crate::{aws_call, sites::SiteEntry, wire};

/// Milliseconds between two checks of a session that another request is fetching. It is polled, since a promise
/// of another request's may never be settled: the runtime drops a request with its viewer.
const POLL_INTERVAL: u32 = 20;

thread_local! {
    static SESSIONS: RefCell<RoleSessions> = const { RefCell::new(RoleSessions::new()) };
    static SIGNER: RefCell<Signer> = const { RefCell::new(Signer::new()) };
}

/// Credentials found for one request.
#[derive(Clone, Debug)]
pub struct SessionCredentials(Arc<Session>);

impl SessionCredentials {
    /// Keys without a known end: access key id, secret access key, session token.
    pub(crate) fn secrets(texts: [String; 3]) -> Self {
        let [access_key_id, secret_access_key, session_token] = texts.map(Zeroizing::new);
        Self(Arc::new(Session {
            access_key_id,
            secret_access_key,
            session_token,
            expires_at: None,
        }))
    }

    /// As the core takes them.
    #[must_use]
    pub fn role(&self) -> RoleCredentials<'_> {
        RoleCredentials {
            access_key_id: &self.0.access_key_id,
            secret_access_key: &self.0.secret_access_key,
            session_token: &self.0.session_token,
            expires_at: self.0.expires_at,
        }
    }
}

/// The credentials a site's requests are signed with at `now` (Unix seconds): the Worker's secrets
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, or a session of the entry's role.
///
/// # Errors
/// The refusal that answers the request.
pub async fn find(
    secrets: SessionCredentials,
    context: &Context,
    entry: &SiteEntry,
    now: i64,
) -> Result<SessionCredentials, Refusal> {
    match &entry.role {
        None => Ok(secrets),
        Some(role) => assumed(context, role, secrets, now).await,
    }
}

async fn assumed(
    context: &Context,
    role: &Arc<RoleSettings>,
    secrets: SessionCredentials,
    mut now: i64,
) -> Result<SessionCredentials, Refusal> {
    loop {
        let id = secrets.role().access_key_id;
        let step = SESSIONS.with_borrow_mut(|sessions| sessions.ask(role, id, now));
        match step {
            Step::Use(session) => return Ok(SessionCredentials(session)),
            Step::Renew(session) => {
                context.wait_until(renew(Arc::clone(role), secrets, now));
                return Ok(SessionCredentials(session));
            }
            Step::Fetch => renew(Arc::clone(role), secrets.clone(), now).await,
            Step::Wait => aws_call::pause(POLL_INTERVAL).await,
            Step::Refused(refusal) => return Err(refusal.into()),
        }
        now = clock();
    }
}

/// Asks STS once, and keeps what came of it.
async fn renew(role: Arc<RoleSettings>, secrets: SessionCredentials, now: i64) {
    let arrived = ask_sts(&role, &secrets, now).await;
    if let Err(error) = &arrived {
        console_error!(
            "keyfront credentials: assuming {} failed: {error}",
            role.arn()
        );
    }
    let id = secrets.role().access_key_id;
    SESSIONS.with_borrow_mut(|sessions| sessions.arrived(&role, id, clock(), arrived));
}

async fn ask_sts(
    role: &RoleSettings,
    secrets: &SessionCredentials,
    now: i64,
) -> Result<Session, AssumeRoleError> {
    let credentials = secrets.role();
    let call = SIGNER.with_borrow_mut(|signer| role.call(signer, &credentials, now))?;
    let (status, body) = aws_call::send(&call)
        .await
        .ok_or(AssumeRoleError::Unreachable)?;
    assume_role::read(status, &body)
}

fn clock() -> i64 {
    // Whole seconds; the runtime's clock is far from where a float loses them.
    wire::unix_time() as i64
}

#[cfg(test)]
mod tests;
