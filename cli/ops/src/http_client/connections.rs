//! Connections to several servers, kept for the next exchange.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

use super::{
    arriving::Arriving,
    payload::{Content, Payload},
};
use crate::web_target::{Route, Target, Trust, open};

/// To connect, and until an answer begins once all was sent: a function that starts takes some seconds.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// Slower than this nothing is worth waiting for, in bytes a second.
const SLOWEST: u64 = 16 * 1024;
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("keyfront/", env!("CARGO_PKG_VERSION")));

/// What is asked.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a Target,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
}

/// The beginning of an answer.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Arriving,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Server {
    tls: bool,
    host: String,
    port: u16,
}

/// The connections of a command.
pub(crate) struct Connections {
    trust: Trust,
    idle: Mutex<HashMap<Server, Vec<SendRequest<Content>>>>,
}

impl Connections {
    /// Trusts the machine's roots, and those of a PEM file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn new(ca_cert: Option<&Path>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            trust: Trust::new(ca_cert)?,
            idle: Mutex::default(),
        }))
    }

    /// Sends a request once; an answer of any status is an answer.
    ///
    /// # Errors
    /// There is none in time.
    pub(crate) async fn send(self: &Arc<Self>, outgoing: &Outgoing<'_>) -> anyhow::Result<Arrived> {
        let server = Server {
            tls: outgoing.target.tls,
            host: outgoing.target.host.clone(),
            port: outgoing.target.port,
        };
        let limit = STEP_TIMEOUT + Duration::from_secs(outgoing.payload.length() / SLOWEST);
        let exchanged = tokio::time::timeout(limit, self.exchange(&server, outgoing)).await;
        exchanged
            .context("no response in time")
            .and_then(|answer| answer)
            .with_context(|| format!("{} of {}", outgoing.method, without_query(outgoing.target)))
    }

    async fn exchange(
        self: &Arc<Self>,
        server: &Server,
        outgoing: &Outgoing<'_>,
    ) -> anyhow::Result<Arrived> {
        let (mut sender, kept) = self.connection(server).await?;
        let sent = sender.send_request(request(outgoing).await?).await;
        let answer = match sent {
            // A kept connection that the server has closed meanwhile.
            Err(error) if kept && (error.is_canceled() || error.is_incomplete_message()) => {
                sender = self.connect(server).await?;
                sender.send_request(request(outgoing).await?).await?
            }
            sent => sent?,
        };
        let (head, body) = answer.into_parts();
        let (connections, server) = (Arc::clone(self), server.clone());
        Ok(Arrived {
            status: head.status,
            headers: head.headers,
            body: Arriving::new(body, move || connections.keep(server, sender)),
        })
    }

    /// A connection, and whether it was used before.
    async fn connection(&self, server: &Server) -> anyhow::Result<(SendRequest<Content>, bool)> {
        loop {
            let kept = self.idle().get_mut(server).and_then(Vec::pop);
            let Some(mut kept) = kept else {
                return Ok((self.connect(server).await?, false));
            };
            if kept.ready().await.is_ok() {
                return Ok((kept, true));
            }
        }
    }

    async fn connect(&self, server: &Server) -> anyhow::Result<SendRequest<Content>> {
        let route = Route {
            host: server.host.clone(),
            port: server.port,
            tls: server.tls.then(|| self.trust.clone()),
            timeout: STEP_TIMEOUT,
        };
        let (stream, _) = open(&route).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with its sender.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Keeps a connection whose answer was read to its end.
    fn keep(&self, server: Server, sender: SendRequest<Content>) {
        self.idle().entry(server).or_default().push(sender);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, HashMap<Server, Vec<SendRequest<Content>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn request(outgoing: &Outgoing<'_>) -> anyhow::Result<Request<Content>> {
    let content = outgoing.payload.open().await?;
    let mut request = Request::new(content);
    *request.method_mut() = outgoing.method.clone();
    *request.uri_mut() = outgoing.target.on_the_wire().parse()?;
    *request.headers_mut() = outgoing.headers.clone();
    let headers = request.headers_mut();
    headers.insert(header::HOST, outgoing.target.authority.parse()?);
    headers.insert(header::USER_AGENT, AGENT);
    Ok(request)
}

/// A presigned query is a credential.
fn without_query(target: &Target) -> String {
    Target {
        query: String::new(),
        ..target.clone()
    }
    .to_string()
}
