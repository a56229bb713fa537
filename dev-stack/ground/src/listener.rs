//! The accept loop of every listener of the stack: TLS where there is any, timeouts, and an orderly end.
//!
//! What is answered is the service's.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::request_line::RequestLine;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open requests may take to finish after the stop.
const GRACE: Duration = Duration::from_secs(5);
/// The pause after a failed accept, which is mostly a lack of file descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const MAX_CONCURRENT_STREAMS: u32 = 128;

/// Where and how a service listens.
pub struct Listener {
    tcp: TcpListener,
    connections: Connections,
}

/// What all connections of a listener have in common.
#[derive(Clone)]
struct Connections {
    service: &'static str,
    tls: Option<TlsAcceptor>,
    header_timeout: Duration,
    max_head: Option<u32>,
}

impl Listener {
    /// Plain HTTP/1.1, and HTTP/2 with prior knowledge, for the service of this name. Headers must come within
    /// `header_timeout`, which is also how long an idle connection is kept.
    pub fn plain(service: &'static str, tcp: TcpListener, header_timeout: Duration) -> Self {
        let connections = Connections {
            service,
            tls: None,
            header_timeout,
            max_head: None,
        };
        Self { tcp, connections }
    }

    /// The same over TLS; its ALPN offers what the certificate's owner configured.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsAcceptor) -> Self {
        self.connections.tls = Some(tls);
        self
    }

    /// How many bytes of headers are read before the connection is refused.
    #[must_use]
    pub fn with_max_head(mut self, bytes: u32) -> Self {
        self.connections.max_head = Some(bytes);
        self
    }

    /// Serves `answer` until `stop` ends; then open requests get five seconds to finish, and what is left is cut.
    pub async fn serve<A, F, B>(self, answer: A, stop: impl Future<Output = ()>)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { tcp, connections } = self;
        let graceful = GracefulShutdown::new();
        let mut open = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = tcp.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let connections = connections.clone();
                        open.spawn(connections.serve(stream, peer, answer.clone(), graceful.watcher()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = open.join_next() => {}
            }
        }
        drop(tcp);
        if tokio::time::timeout(GRACE, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests still open at shutdown were aborted");
        }
        open.shutdown().await;
    }
}

impl Connections {
    async fn serve<A, F, B>(self, stream: TcpStream, peer: SocketAddr, answer: A, watcher: Watcher)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone already");
            return;
        }
        let Some(tls) = &self.tls else {
            let builder = self.builder();
            return self.converse(builder, stream, peer, answer, watcher).await;
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let builder = self.negotiated(stream.get_ref().1.alpn_protocol());
                self.converse(builder, stream, peer, answer, watcher).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a tls handshake failed"),
            Err(_) => tracing::debug!("a tls handshake took too long"),
        }
    }

    /// Speaks what ALPN agreed on and nothing else: a client cannot say one protocol and send the other.
    fn negotiated(&self, protocol: Option<&[u8]>) -> Builder<TokioExecutor> {
        let builder = self.builder();
        match protocol {
            Some(b"h2") => builder.http2_only(),
            _ => builder.http1_only(),
        }
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .auto_date_header(false)
            .header_read_timeout(self.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .auto_date_header(false)
            .max_concurrent_streams(MAX_CONCURRENT_STREAMS);
        if let Some(bytes) = self.max_head {
            builder.http1().max_buf_size(bytes as usize);
            builder.http2().max_header_list_size(bytes);
        }
        builder
    }

    async fn converse<S, A, F, B>(
        &self,
        builder: Builder<TokioExecutor>,
        stream: S,
        peer: SocketAddr,
        answer: A,
        watcher: Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        A: Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let name = self.service;
        let service = service_fn(move |request| {
            let line = RequestLine::begin(name, &request);
            let answered = answer(request, peer);
            async move {
                let mut response = answered.await;
                line.answered(&response);
                let headers = response.headers_mut();
                headers.entry(header::DATE).or_insert_with(date);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }
}

/// The time by the clock as it is now. Hyper keeps the last one it wrote for as long as the clock does not pass it: after a
/// clock was set back, clients that correct theirs by it, as the AWS SDK does, would sign for another day.
fn date() -> HeaderValue {
    let text = httpdate::fmt_http_date(SystemTime::now());
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
