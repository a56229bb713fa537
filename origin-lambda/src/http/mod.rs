//! The publishers' API over HTTP: one router, reached natively or through a Function URL.
//!
//! Handlers extract, call and render; what is allowed and what is stored is decided in [`keyfront_origin_core`], and
//! done by [`crate::publish`], [`crate::uploads`] and [`crate::catalog`].

mod cors;
mod credentials;
mod document;
mod folders;
pub mod function_url;
mod health;
mod history;
mod identified;
mod if_match;
mod images;
mod key_path;
mod middleware;
mod named_upload;
mod objects;
mod openapi;
mod page;
mod publisher;
mod query;
mod read;
mod reader;
mod refusal;
mod releases;
pub mod response_stream;
mod responses;
mod routes;
pub mod runtime_api;
mod shares;
mod uploads;
mod uppy;
mod viewer;
mod viewer_folders;
mod viewer_logins;

use std::{future::Future, io, sync::Arc};

use axum::{Extension, Router, extract::Request, middleware::map_request};
use http::{Version, header::HOST};
use tokio::net::TcpListener;

use self::{credentials::Transport, refusal::Refusal, routes::router};
use crate::{error::Error, origin::Origin};

pub use self::routes::paths;

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
    axum::serve(listener, served(origin))
        .with_graceful_shutdown(shutdown)
        .await
}

/// The whole of a native server, for whoever has an accept loop of their own.
pub fn served(origin: Arc<Origin>) -> Router {
    native(origin).layer(map_request(one_host))
}

/// The router of a native server.
pub fn native(origin: Arc<Origin>) -> Router {
    router(origin).layer(Extension(Transport::Native))
}

/// Refuses a request of HTTP/1.1 without `Host`, and any with several: what is in front of this server may have taken
/// another one (RFC 9112, 3.2). On Lambda the front door does.
async fn one_host(mut request: Request) -> Request {
    let count = request.headers().get_all(HOST).iter().count();
    let least = usize::from(request.version() == Version::HTTP_11);
    if !(least..=1).contains(&count) {
        let reason = "must be sent once".to_owned();
        let refusal = Refusal::from(Error::Header {
            name: "host",
            reason,
        });
        request.extensions_mut().insert(refusal);
    }
    request
}
