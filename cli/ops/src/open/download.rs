//! The sealed file as it arrives. A connection that breaks is made again, and goes on where the last one ended: the ciphertext is
//! the same, and the tag at its end covers all of it.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use keyfront_aws_call::status_may_pass;
use keyfront_envelope::TAG_LENGTH;

use super::link::Link;
use crate::web_target::{Route, Target, Trust, open};

/// To connect, and between two parts of the body.
const STALLED: Duration = Duration::from_secs(30);
/// Connections that bring nothing, one after the other.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// The download.
pub(super) struct Download {
    target: Target,
    route: Route,
    length: u64,
    received: u64,
    body: Option<Incoming>,
    /// Connections in a row that brought nothing.
    failed: u32,
}

/// Why a part did not come.
enum Broken {
    /// Another connection may bring it.
    Connection(anyhow::Error),
    /// None will.
    Final(anyhow::Error),
}

impl Download {
    /// # Errors
    /// The CA certificate cannot be read.
    pub(super) fn new(link: &Link, ca_cert: Option<&Path>) -> anyhow::Result<Self> {
        let target = link.target.clone();
        let route = Route {
            host: target.host.clone(),
            port: target.port,
            tls: target.tls.then(|| Trust::new(ca_cert)).transpose()?,
            timeout: STALLED,
        };
        Ok(Self {
            target,
            route,
            length: link.length().saturating_add(TAG_LENGTH as u64),
            received: 0,
            body: None,
            failed: 0,
        })
    }

    /// Bytes of the sealed file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of it that have come.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// The next part; `None` behind the last.
    ///
    /// # Errors
    /// The link is over, nobody answers, or the file is longer than the link says.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        while self.received < self.length {
            match self.part().await {
                Ok(part) => {
                    self.failed = 0;
                    self.received += part.len() as u64;
                    return Ok(Some(part.into()));
                }
                Err(Broken::Final(error)) => return Err(error),
                Err(Broken::Connection(error)) if self.failed + 1 == ATTEMPTS => {
                    return Err(error.context(format!(
                        "{} of {} bytes were received, and {ATTEMPTS} further connections brought no more",
                        self.received, self.length
                    )));
                }
                Err(Broken::Connection(_)) => {
                    self.body = None;
                    self.failed += 1;
                    tokio::time::sleep(PAUSE * self.failed).await;
                }
            }
        }
        Ok(None)
    }

    async fn part(&mut self) -> Result<Bytes, Broken> {
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let body = self.connect().await?;
                self.body.insert(body)
            }
        };
        loop {
            let frame = tokio::time::timeout(STALLED, body.frame()).await;
            let frame = frame.context("the connection stalled");
            let frame = frame.map_err(Broken::Connection)?;
            let ended = || Broken::Connection(anyhow::anyhow!("the connection ended too early"));
            let frame = frame.ok_or_else(ended)?;
            let frame = frame.map_err(|error| Broken::Connection(error.into()))?;
            match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Ok(data),
                // Trailers.
                Err(_) => {}
            }
        }
    }

    async fn connect(&self) -> Result<Incoming, Broken> {
        let (stream, _) = open(&self.route)
            .await
            .map_err(|error| Broken::Connection(error.into()))?;
        let connected = async {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            // It ends with its body.
            tokio::spawn(connection);
            sender.send_request(self.request()).await
        };
        let answered = tokio::time::timeout(STALLED, connected).await;
        let answered = answered.context("there is no response");
        let (head, body) = answered
            .map_err(Broken::Connection)?
            .map_err(|error| Broken::Connection(error.into()))?
            .into_parts();
        match self.admit(head.status, &head.headers) {
            Ok(()) => Ok(body),
            Err(error) if status_may_pass(head.status.as_u16()) => Err(Broken::Connection(error)),
            Err(error) => Err(Broken::Final(error)),
        }
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let agent = concat!("keyfront/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::new(Empty::new());
        // A target that was read from a URL is one.
        if let Ok(uri) = self.target.on_the_wire().parse() {
            *request.uri_mut() = uri;
        }
        let mut set = |name, value: &str| {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                request.headers_mut().insert(name, value);
            }
        };
        set(header::HOST, &self.target.authority);
        set(header::USER_AGENT, agent);
        set(header::ACCEPT_ENCODING, "identity");
        if self.received > 0 {
            set(header::RANGE, &format!("bytes={}-", self.received));
        }
        request
    }

    /// Whether an answer brings the file from where the last one ended.
    fn admit(&self, status: StatusCode, headers: &http::HeaderMap) -> anyhow::Result<()> {
        let range = headers.get(header::CONTENT_RANGE);
        let range = range.and_then(|range| range.to_str().ok());
        let expected = format!(
            "bytes {}-{}/{}",
            self.received,
            self.length - 1,
            self.length
        );
        match (status.as_u16(), self.received) {
            (200, 0) => Ok(()),
            (206, _) if range == Some(&expected) => Ok(()),
            (200 | 206, _) => {
                bail!(
                    "the file was replaced in the meantime, or the server cannot resume a download"
                )
            }
            (401 | 403, _) => bail!("the link has expired or was withdrawn; ask for a new one"),
            (404 | 410, _) => bail!("the file is no longer there"),
            (other, _) => bail!("the server returned {other}"),
        }
    }
}
