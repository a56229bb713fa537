//! The publishers' API over HTTP: one router, reached natively or through a Function URL.
//!
//! Routes convert and call; what is allowed and what is stored is decided in [`crate::publisher`],
//! [`crate::publish`] and [`crate::catalog`].

mod credentials;
pub mod function_url;
mod objects;
mod query;
mod rim;

use std::{future::Future, io, sync::Arc, time::SystemTime};

use axum::{
    Extension, Json, Router, middleware,
    routing::{get, put},
};
use http::HeaderMap;
use time::OffsetDateTime;
use tokio::net::TcpListener;

use self::credentials::{Credential, Transport};
use crate::{
    config::Config,
    error::Error,
    kms::Kms,
    publisher::{IssuerKeys, PolicySource, Session},
    store::Store,
};

/// Everything a request needs.
#[derive(Debug)]
pub struct Origin {
    store: Store,
    kms: Kms,
    policy: PolicySource,
    issuer_keys: IssuerKeys,
    public_url: Option<String>,
}

impl Origin {
    /// An origin for the bucket and the key that `config` names, behind their clients.
    pub fn new(config: &Config, s3: aws_sdk_s3::Client, kms: Kms) -> Arc<Self> {
        let store = Store::new(s3, config.bucket.clone(), config.key_arn.clone());
        Arc::new(Self {
            store,
            kms,
            policy: PolicySource::default(),
            issuer_keys: IssuerKeys::default(),
            public_url: config.public_url.clone(),
        })
    }

    async fn identify(&self, transport: Transport, headers: &HeaderMap) -> Result<Session, Error> {
        let credential = credentials::presented(transport, headers)?;
        let now = SystemTime::now();
        let policy = self.policy.current(&self.store, now).await?;
        let session = match credential {
            Credential::Token(token) => policy
                .identify(token, OffsetDateTime::from(now))
                .ok_or(Error::Unauthenticated(
                    "the token is unknown, expired or revoked",
                ))?,
            Credential::Jwt(token) => self.issuer_keys.identify(&policy, token, now).await?,
            Credential::Iam(caller) => policy.identify_caller(&caller).ok_or(
                Error::Unauthenticated("no publisher is for this IAM principal"),
            )?,
        };
        rim::note_publisher(&session);
        Ok(session)
    }
}

/// Serves the API natively until `shutdown` completes; requests under way are finished. Publishers
/// send `Authorization: Bearer TOKEN`.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    origin: Arc<Origin>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, native(origin))
        .with_graceful_shutdown(shutdown)
        .await
}

/// The router of a native server.
pub fn native(origin: Arc<Origin>) -> Router {
    router(origin).layer(Extension(Transport::Native))
}

fn router(origin: Arc<Origin>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/objects", get(objects::list))
        .route(
            "/objects/{*key}",
            put(objects::put)
                .get(objects::describe)
                .delete(objects::delete),
        )
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::Method)
        .layer(middleware::from_fn(rim::answer))
        .with_state(origin)
}

/// Liveness: the process answers. It asks nothing of S3, so that an outage restarts nobody.
async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "ok"}))
}
