//! The roles' sessions: begun at the start, replaced well before they end, handed on as they change.
//!
//! A session that was replaced stays valid until its own end, so what was signed with it a moment ago is accepted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{self, ProvideCredentials, future};
use keyfront_dev_cdn::EdgeCredentials;
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_sts::{AssumeRole, Sts};
use keyfront_iam::{Credentials, Principal, Requester};
use tokio::sync::watch;

use super::principals::{EDGE_SERVICE, ORIGIN_SERVICE, SESSION};
use super::resources::{EDGE_ROLE, ORIGIN_ROLE};

/// Half of a session's life.
const REPLACE_AFTER: Duration = Duration::from_secs(SESSION.as_secs() / 2);
/// A machine that slept has sessions again this long after it woke.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(1);

/// Begins and replaces the sessions of both roles.
pub(super) struct Sessions {
    sts: Arc<Sts>,
    clock: Clock,
    edge: watch::Sender<EdgeCredentials>,
    origin: watch::Sender<Credentials>,
}

/// Both sessions, as they were just begun.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    pub(super) edge: Credentials,
    pub(super) origin: Credentials,
}

impl Sessions {
    /// Begins a session of each role, as the services that run the functions do.
    pub(super) fn begin(sts: Arc<Sts>, clock: Clock) -> anyhow::Result<(Self, Begun)> {
        let begun = Begun::new(&sts, &clock)?;
        let sessions = Self {
            sts,
            clock,
            edge: watch::Sender::new(for_edge(&begun.edge)),
            origin: watch::Sender::new(begun.origin.clone()),
        };
        Ok((sessions, begun))
    }

    /// What the edge signs with, always the newest.
    pub(super) fn edge(&self) -> watch::Receiver<EdgeCredentials> {
        self.edge.subscribe()
    }

    /// Announces to the edge that the session it has ends at `moment`.
    pub(super) fn announce_edge_end(&self, moment: SystemTime) {
        self.edge
            .send_modify(|credentials| credentials.expires_at = Some(moment));
    }

    /// What the origin signs with, always the newest.
    pub(super) fn origin(&self) -> OriginCredentials {
        OriginCredentials(self.origin.subscribe())
    }

    /// The same as they are, for what does not use the AWS SDK.
    pub(super) fn origin_watched(&self) -> watch::Receiver<Credentials> {
        self.origin.subscribe()
    }

    /// Replaces both sessions when they are so old by the wall clock, again and again; `replaced` is called each time, before
    /// anything signs with them. A clock that was set back says nothing of their age, and they are replaced too.
    ///
    /// A replacement that fails is logged and tried again; the old sessions live on meanwhile.
    pub(super) async fn keep_fresh(self, every: Option<Duration>, replaced: impl Fn(&Begun)) {
        let every = every.unwrap_or(REPLACE_AFTER);
        let mut since = self.clock.now();
        loop {
            // Sleeping is measured by another clock, which stands still while the machine sleeps.
            tokio::time::sleep(every.min(LOOK_AT_CLOCK)).await;
            let now = self.clock.now();
            if now.duration_since(since).is_ok_and(|age| age < every) {
                continue;
            }
            match Begun::new(&self.sts, &self.clock) {
                Ok(begun) => {
                    replaced(&begun);
                    self.edge.send_replace(for_edge(&begun.edge));
                    self.origin.send_replace(begun.origin);
                    since = now;
                }
                Err(error) => tracing::error!("the sessions could not be replaced: {error:#}"),
            }
        }
    }
}

impl Begun {
    fn new(sts: &Sts, clock: &Clock) -> anyhow::Result<Self> {
        let session = |role: &str, service: &str| -> anyhow::Result<Credentials> {
            let name = service.to_owned();
            let requester = Requester::new(Principal::Service { name }, clock.now());
            let request = AssumeRole {
                role_arn: sts.account().role_arn(role),
                session_name: "keyfront-dev".to_owned(),
                duration: SESSION,
                external_id: None,
            };
            Ok(sts.assume_role(&requester, &request)?.credentials)
        };
        Ok(Self {
            edge: session(EDGE_ROLE, EDGE_SERVICE)?,
            origin: session(ORIGIN_ROLE, ORIGIN_SERVICE)?,
        })
    }
}

fn for_edge(credentials: &Credentials) -> EdgeCredentials {
    EdgeCredentials {
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: credentials.secret_access_key.expose().to_owned(),
        session_token: credentials
            .session_token
            .as_ref()
            .map(|token| token.expose().to_owned()),
        expires_at: None,
    }
}

/// Credentials for the AWS SDK.
pub(super) fn for_sdk(credentials: &Credentials) -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.expose(),
        credentials
            .session_token
            .as_ref()
            .map(|token| token.expose().to_owned()),
        credentials.expires_at,
        "keyfront-dev",
    )
}

/// The origin's current session, for the AWS SDK.
#[derive(Debug, Clone)]
pub(super) struct OriginCredentials(watch::Receiver<Credentials>);

impl ProvideCredentials for OriginCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let current: provider::Result = Ok(for_sdk(&self.0.borrow()));
        future::ProvideCredentials::ready(current)
    }
}
