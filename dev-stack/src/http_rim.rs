//! The HTTP rim the small services share: accept, read a bounded body, answer, and stop gracefully.
//!
//! It knows no service. It does not stream: S3, the CDN and the Function URL stand-in have rims of their
//! own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long open requests may take to finish after the stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after a failed accept, which is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An answer that is complete in memory.
pub type WholeResponse = Response<Full<Bytes>>;

/// A request that is complete in memory.
#[derive(Debug)]
pub struct WholeRequest {
    /// Method, target, version and headers as received.
    pub head: Parts,
    /// The whole body.
    pub body: Bytes,
    /// The client.
    pub peer: SocketAddr,
}

/// Serves `answer` on `listener` until `shutdown`; then open requests get five seconds to finish.
///
/// Bodies over `max_body` bytes are refused with 413, bodies that stall or break with 400.
///
/// # Errors
/// Never for a single connection; only if the listener cannot tell its own address.
pub async fn serve<A>(
    listener: TcpListener,
    max_body: usize,
    answer: A,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    A: Fn(WholeRequest) -> WholeResponse + Clone + Send + Sync + 'static,
{
    let address = listener.local_addr()?;
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let answer = answer.clone();
                spawn_connection(stream, peer, max_body, answer, &graceful);
            }
            Err(error) => {
                tracing::warn!(%address, %error, "connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!(%address, "open requests did not finish in time");
    }
    Ok(())
}

fn spawn_connection<A>(
    stream: TcpStream,
    peer: SocketAddr,
    max_body: usize,
    answer: A,
    graceful: &GracefulShutdown,
) where
    A: Fn(WholeRequest) -> WholeResponse + Clone + Send + Sync + 'static,
{
    let service = service_fn(move |request| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(respond(request, peer, max_body, answer).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection.into_owned());
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "connection ended");
        }
    });
}

async fn respond<A>(
    request: Request<Incoming>,
    peer: SocketAddr,
    max_body: usize,
    answer: A,
) -> WholeResponse
where
    A: Fn(WholeRequest) -> WholeResponse,
{
    let (head, body) = request.into_parts();
    let collected = Limited::new(body, max_body).collect();
    match tokio::time::timeout(BODY_TIMEOUT, collected).await {
        Ok(Ok(body)) => answer(WholeRequest {
            head,
            body: body.to_bytes(),
            peer,
        }),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            respond_with(413, "text/plain", "request body is too large\n".into())
        }
        Ok(Err(_)) | Err(_) => {
            respond_with(400, "text/plain", "request body did not arrive\n".into())
        }
    }
}

/// An answer of one status, type and body; never stored by any cache.
pub fn respond_with(status: u16, content_type: &'static str, body: Bytes) -> WholeResponse {
    let mut response = Response::new(Full::new(body));
    // Only statuses of the services' own tables come here; 500 stands for one that is not a status.
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static(content_type),
    );
    headers.insert(
        http::header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    response
}
