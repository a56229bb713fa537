//! An OIDC issuer on loopback: it makes tokens, and publishes its keys as the test wants.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, body::Body, response::Response};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[path = "../../core/tests/signing_key/mod.rs"]
pub mod signing_key;

pub use signing_key::SigningKey;

pub const CLIENT: &str = "client-1";

/// What the issuer answers to a request for its keys.
#[derive(Debug, Clone)]
pub enum Publication {
    Keys(Value),
    Answer {
        status: u16,
        content_type: &'static str,
        body: String,
    },
    /// A set that never ends.
    Endless,
    /// Headers, and then nothing.
    Stalled,
    /// Another address, which the origin must not follow.
    Redirect,
}

impl Publication {
    pub fn json(body: impl Into<String>) -> Self {
        Self::Answer {
            status: 200,
            content_type: "application/json",
            body: body.into(),
        }
    }

    pub fn down() -> Self {
        Self::Answer {
            status: 503,
            content_type: "text/plain",
            body: String::new(),
        }
    }
}

pub fn set(keys: &[&SigningKey]) -> Publication {
    let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
    Publication::Keys(json!({"keys": keys}))
}

/// The running issuer. It stops with the test's runtime.
pub struct Issuer {
    pub url: String,
    publication: Arc<Mutex<Publication>>,
    fetches: Arc<AtomicU32>,
}

impl Issuer {
    pub async fn start(publication: Publication) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/pool", listener.local_addr().unwrap());
        let publication = Arc::new(Mutex::new(publication));
        let fetches = Arc::new(AtomicU32::new(0));
        let (shared, count) = (Arc::clone(&publication), Arc::clone(&fetches));
        let keys = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            let publication = shared.lock().unwrap().clone();
            answer(publication)
        };
        let router = Router::new().route("/pool/.well-known/jwks.json", axum::routing::get(keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            publication,
            fetches,
        }
    }

    pub fn publishes(&self, publication: Publication) {
        *self.publication.lock().unwrap() = publication;
    }

    pub fn fetches(&self) -> u32 {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Claims of a good ID token of `subject`.
    pub fn claims(&self, subject: &str) -> Value {
        json!({"iss": self.url, "aud": CLIENT, "sub": subject, "exp": seconds() + 300, "iat": seconds()})
    }

    /// The issuer as a policy names it.
    pub fn in_policy(&self) -> Value {
        json!({"id": "pool", "issuer": self.url, "audiences": [CLIENT]})
    }
}

pub fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs()
}

fn answer(publication: Publication) -> Response {
    let json = || Response::builder().header("content-type", "application/json");
    match publication {
        Publication::Keys(set) => json().body(Body::from(set.to_string())),
        Publication::Answer {
            status,
            content_type,
            body,
        } => Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(Body::from(body)),
        Publication::Endless => {
            let zeroes = Bytes::from_static(&[b' '; 4096]);
            let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(zeroes.clone()));
            json().body(Body::from_stream(endless))
        }
        Publication::Stalled => {
            let stalled = stream::once(async {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Ok::<_, std::io::Error>(Bytes::new())
            });
            json().body(Body::from_stream(stalled))
        }
        Publication::Redirect => Response::builder()
            .status(302)
            .header("location", "/pool/elsewhere")
            .body(Body::empty()),
    }
    .unwrap()
}
