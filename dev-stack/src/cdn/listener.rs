//! Accepting viewers: TCP, TLS with ALPN, HTTP/1.1 and HTTP/2, and an orderly end.
//!
//! What is answered is `front`'s.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::front::Front;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(5);
/// Above CloudFront's own limits, so that exceeding those gets CloudFront's answer.
const READ_BUFFER: usize = 128 * 1024;

/// Serves until `stop`, then lets the requests under way finish for a few seconds.
pub(super) async fn listen(
    listener: TcpListener,
    tls: TlsAcceptor,
    front: Arc<Front>,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let watcher = graceful.watcher();
                    connections.spawn(converse(stream, peer, tls.clone(), Arc::clone(&front), watcher));
                }
                Err(cause) => {
                    tracing::warn!(%cause, "a connection could not be accepted");
                    // Out of file descriptors, usually: trying at once would only spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::debug!("ending connections that did not finish in time");
    }
    connections.shutdown().await;
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    tls: TlsAcceptor,
    front: Arc<Front>,
    watcher: Watcher,
) {
    if let Err(cause) = stream.set_nodelay(true) {
        tracing::debug!(%cause, "a connection is gone already");
        return;
    }
    let stream = match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(cause)) => return tracing::debug!(%cause, "a tls handshake failed"),
        Err(_) => return tracing::debug!("a tls handshake took too long"),
    };
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request, peer.ip()).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(READ_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(READ_BUFFER as u32);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    if let Err(cause) = watcher.watch(connection).await {
        tracing::debug!(%cause, "a connection ended early");
    }
}
