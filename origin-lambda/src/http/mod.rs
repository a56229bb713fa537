//! The publishers' API over HTTP: one router, reached natively or through a Function URL.
//!
//! Routes convert and call; what is allowed and what is stored is decided in [`crate::publisher`],
//! [`crate::publish`] and [`crate::catalog`].

mod cors;
mod credentials;
pub mod function_url;
mod images;
mod json_body;
mod objects;
mod query;
mod read;
pub mod response_stream;
mod rim;
pub mod runtime_api;
mod uploads;
mod uppy;

use std::{future::Future, io, sync::Arc, time::SystemTime};

use aws_credential_types::provider::SharedCredentialsProvider;
use axum::{
    Extension, Json, Router, middleware,
    routing::{self, MethodRouter, get, put},
};
use http::HeaderMap;
use time::OffsetDateTime;
use tokio::net::TcpListener;

use self::credentials::{Credential, Transport};
use crate::{
    config::Config,
    error::Error,
    invalidation::Cdn,
    kms::Kms,
    publish::Sealing,
    publisher::{IssuerKeys, PolicySource, Session},
    read::Reader,
    sealed_metadata::SealedMetadata,
    store::Store,
    uploads::{Presigner, Tokens},
};

/// Everything a request needs.
#[derive(Debug)]
pub struct Origin {
    store: Store,
    sealing: Sealing,
    metadata: SealedMetadata,
    reader: Reader,
    policy: PolicySource,
    issuer_keys: IssuerKeys,
    presigner: Presigner,
    upload_tokens: Tokens,
    cdn: Cdn,
    public_url: Option<String>,
}

impl Origin {
    /// An origin for the bucket and the key that `config` names, behind their clients; presigned requests are
    /// signed with `credentials`.
    pub fn new(
        config: &Config,
        s3: aws_sdk_s3::Client,
        kms: Kms,
        credentials: SharedCredentialsProvider,
    ) -> Arc<Self> {
        let store = Store::new(s3, config.bucket.clone(), config.key_arn.clone());
        let upload_tokens = Tokens::new(kms.clone(), config.bucket.clone());
        Arc::new(Self {
            sealing: Sealing::new(
                kms.clone(),
                config.master_key.clone(),
                config.bucket.clone(),
            ),
            metadata: SealedMetadata::new(kms.clone(), config.bucket.clone()),
            reader: Reader::new(config, store.clone(), kms),
            store,
            policy: PolicySource::default(),
            issuer_keys: IssuerKeys::default(),
            cdn: Cdn::new(config, &credentials),
            presigner: Presigner::new(config, credentials),
            upload_tokens,
            public_url: config.public_url.clone(),
        })
    }

    async fn identify(&self, transport: Transport, headers: &HeaderMap) -> Result<Session, Error> {
        let credential = credentials::presented(transport, headers)?;
        let now = SystemTime::now();
        let policy = self.policy.current(&self.store, now).await?;
        let session =
            match credential {
                Credential::Token(token) => {
                    policy.identify(token, OffsetDateTime::from(now)).ok_or(
                        Error::Unauthenticated("the token is unknown, expired or revoked"),
                    )?
                }
                Credential::Jwt(token) => self.issuer_keys.identify(&policy, token, now).await?,
                Credential::Iam(caller) => {
                    policy
                        .identify_caller(&caller)
                        .ok_or(Error::Unauthenticated(
                            "no publisher is for this IAM principal",
                        ))?
                }
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
        .route("/read/{*key}", get(read::read))
        .merge(for_pages())
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::Method)
        .layer(middleware::from_fn(rim::answer))
        .with_state(origin)
}

/// What web pages call: uploads that go round the origin.
fn for_pages() -> Router<Arc<Origin>> {
    let paged = |methods: MethodRouter<Arc<Origin>>| methods.options(cors::preflight);
    Router::new()
        .route("/shares", paged(routing::post(uploads::share)))
        .route(
            "/images",
            paged(routing::post(images::upload).get(images::list)),
        )
        .route(
            "/uploads",
            paged(routing::post(uploads::begin).delete(uploads::abort_stale)),
        )
        .route(
            "/uploads/{token}",
            paged(get(uploads::describe).delete(uploads::abort)),
        )
        .route(
            "/uploads/{token}/parts",
            paged(routing::post(uploads::sign_parts)),
        )
        .route(
            "/uploads/{token}/complete",
            paged(routing::post(uploads::complete)),
        )
        .route("/s3/params", paged(get(uppy::parameters)))
        .route("/s3/multipart", paged(routing::post(uppy::create)))
        .route(
            "/s3/multipart/{token}",
            paged(get(uppy::list).delete(uppy::abort)),
        )
        .route(
            "/s3/multipart/{token}/complete",
            paged(routing::post(uppy::complete)),
        )
        .route("/s3/multipart/{token}/{part}", paged(get(uppy::sign)))
        .layer(middleware::from_fn(cors::share))
}

/// Liveness: the process answers. It asks nothing of S3, so that an outage restarts nobody.
async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "ok"}))
}
