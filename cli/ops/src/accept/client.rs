//! An HTTP/1.1 client that sends exactly the request target it is given and reads the whole answer. It follows no
//! redirect, keeps connections, and counts requests.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

use crate::web_target::{Route, Target, Trust, open};

/// To connect, and for the whole of an answer: a probe reads up to 100 MB.
const CONNECT: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(180);

/// A client of one server.
pub(super) struct Client {
    route: Route,
    authority: String,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    requests: Arc<AtomicU64>,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// A header's value; empty if it is absent or no text.
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The code of a problem document, or nothing.
    pub(super) fn code(&self) -> String {
        if !self
            .header("content-type")
            .starts_with("application/problem+json")
        {
            return String::new();
        }
        let problem = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The document of a successful answer.
    ///
    /// # Errors
    /// It is no success, or no JSON.
    pub(super) fn document(&self) -> anyhow::Result<serde_json::Value> {
        anyhow::ensure!(
            (200..300).contains(&self.status),
            "answered {}",
            self.described()
        );
        serde_json::from_slice(&self.body).context("the response is not JSON")
    }

    /// Status and code, for evidence.
    pub(super) fn described(&self) -> String {
        let status = self.status;
        let code = self.code();
        match code.as_str() {
            "" => status.to_string(),
            code => format!("{status} {code}"),
        }
    }
}

impl Client {
    /// A client of the server of a URL, which may have a path.
    ///
    /// # Errors
    /// It is not a URL.
    pub(super) fn new(
        url: &str,
        trust: &Trust,
        requests: Arc<AtomicU64>,
    ) -> anyhow::Result<(Self, Target)> {
        let target: Target = url
            .parse()
            .with_context(|| format!("{url:?} cannot be requested"))?;
        let client = Self {
            route: Route {
                host: target.host.clone(),
                port: target.port,
                tls: target.tls.then(|| trust.clone()),
                timeout: CONNECT,
            },
            authority: target.authority.clone(),
            idle: Mutex::default(),
            requests,
        };
        Ok((client, target))
    }

    /// The same server by another name in `Host`.
    pub(super) fn named(mut self, authority: &str) -> Self {
        authority.clone_into(&mut self.authority);
        self
    }

    /// What `Host` says.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) async fn get(&self, target: &str) -> anyhow::Result<Answer> {
        self.send("GET", target, &[], Bytes::new()).await
    }

    /// A whole exchange; the target goes on the wire as it is.
    ///
    /// # Errors
    /// There is no answer, or it breaks off.
    pub(super) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let exchanged =
            tokio::time::timeout(ANSWER, self.exchange(method, target, headers, body)).await;
        let named = || format!("{method} of {}", shortened(target));
        exchanged
            .context("no complete response within three minutes")
            .and_then(|answer| answer)
            .with_context(named)
    }

    async fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let write = || -> anyhow::Result<Request<Full<Bytes>>> {
            let mut request = Request::builder()
                .method(method)
                .uri(target)
                .header("host", &self.authority)
                .header(
                    "user-agent",
                    concat!("keyfront-accept/", env!("CARGO_PKG_VERSION")),
                );
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            Ok(request.body(Full::new(body.clone()))?)
        };
        let mut sender = self.connection().await?;
        let sent = sender.send_request(write()?).await;
        let answer = match sent {
            // A kept connection that the server has closed meanwhile: nothing of the request was read.
            Err(error) if error.is_canceled() => {
                sender = self.connect().await?;
                sender.send_request(write()?).await?
            }
            sent => sent?,
        };
        let (head, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .context("the response was cut off")?
            .to_bytes();
        self.idle().push(sender);
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    async fn connection(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        loop {
            let kept = self.idle().pop();
            let Some(mut kept) = kept else {
                return self.connect().await;
            };
            if kept.ready().await.is_ok() {
                return Ok(kept);
            }
        }
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let (stream, _) = open(&self.route).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with its sender.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Full<Bytes>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A presigned query is a credential, and a long path no evidence.
fn shortened(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    match path.char_indices().nth(120) {
        None => path.to_owned(),
        Some((end, _)) => format!("{}...", &path[..end]),
    }
}
