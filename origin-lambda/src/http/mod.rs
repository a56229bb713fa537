//! The publishers' API over HTTP: one router, reached natively or through a Function URL.
//!
//! Routes convert and call; what is allowed and what is stored is decided in [`crate::publisher`],
//! [`crate::publish`] and [`crate::catalog`].

mod answers;
mod cors;
mod credentials;
pub mod function_url;
mod health;
mod images;
mod json_body;
mod objects;
mod openapi;
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
    Extension, Router, middleware,
    routing::{MethodRouter, get, post, put},
};
use http::HeaderMap;
use keyfront_names::ObjectKey;
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

    /// Where readers find an object, if this origin knows its CDN.
    fn url_of(&self, key: &ObjectKey) -> Option<String> {
        let base = self.public_url.as_ref()?;
        Some(format!("{base}{}", objects::path_of(key)))
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
    let router = |routes: Vec<Route>| {
        let routes = routes.into_iter();
        routes.fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods)
        })
    };
    router(for_programs())
        .merge(router(for_pages()).layer(middleware::from_fn(cors::share)))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::Method)
        .layer(middleware::from_fn(rim::answer))
        .with_state(origin)
}

/// A path in the router's spelling, and what answers there.
type Route = (&'static str, MethodRouter<Arc<Origin>>);

fn for_programs() -> Vec<Route> {
    let objects = put(objects::put).get(objects::describe);
    vec![
        ("/healthz", get(health::answer)),
        ("/openapi.json", get(openapi::show)),
        ("/objects", get(objects::list)),
        ("/objects/{*key}", objects.delete(objects::delete)),
        ("/read/{*key}", get(read::read)),
    ]
}

/// What web pages call: uploads that go round the origin.
fn for_pages() -> Vec<Route> {
    let images = post(images::upload).get(images::list);
    let uploads = post(uploads::begin).delete(uploads::abort_stale);
    let upload = get(uploads::describe).delete(uploads::abort);
    let uppy = get(uppy::list).delete(uppy::abort);
    let routes = [
        ("/shares", post(uploads::share)),
        ("/images", images),
        ("/uploads", uploads),
        ("/uploads/{token}", upload),
        ("/uploads/{token}/parts", post(uploads::sign_parts)),
        ("/uploads/{token}/complete", post(uploads::complete)),
        ("/s3/params", get(uppy::parameters)),
        ("/s3/multipart", post(uppy::create)),
        ("/s3/multipart/{token}", uppy),
        ("/s3/multipart/{token}/complete", post(uppy::complete)),
        ("/s3/multipart/{token}/{part}", get(uppy::sign)),
    ];
    let paged = |(path, methods): Route| (path, methods.options(cors::preflight));
    routes.into_iter().map(paged).collect()
}

/// The paths of all routes, in the router's spelling.
pub fn paths() -> impl Iterator<Item = &'static str> {
    for_programs()
        .into_iter()
        .chain(for_pages())
        .map(|(path, _)| path)
}
