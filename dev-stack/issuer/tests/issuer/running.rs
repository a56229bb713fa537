//! An issuer on a free port, with a clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_issuer::{Client, Issuer, IssuerConfig, SigningKey, serve};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const CLIENT: &str = "viewers";
pub(crate) const REDIRECT_URI: &str = "https://localhost:8443/_auth/callback?site=1";
pub(crate) const LOGOUT_URI: &str = "https://localhost:8443/bye";
/// What the clock says at first, in seconds.
pub(crate) const START: u64 = 1_800_000_000;

pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) issuer: Arc<Issuer>,
    seconds: Arc<AtomicU64>,
    _stop: DropGuard,
}

impl Running {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let seconds = Arc::new(AtomicU64::new(START));
        let clock = Arc::clone(&seconds);
        let issuer = Issuer::new(IssuerConfig {
            url: url.clone(),
            clients: vec![Client {
                id: CLIENT.to_owned(),
                redirect_uris: vec![REDIRECT_URI.to_owned()],
                post_logout_redirect_uris: vec![LOGOUT_URI.to_owned()],
            }],
            signing_key: SigningKey::generate().unwrap(),
            clock: Clock::from_fn(move || at(clock.load(Ordering::SeqCst))),
        });
        let issuer = Arc::new(issuer.unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, Arc::clone(&issuer), stop.clone()));
        Self {
            url,
            issuer,
            seconds,
            _stop: stop.drop_guard(),
        }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
