//! One exchange over HTTP/1.1, whose steps fail with errors of their own: name, connection, TLS, answer.
//!
//! It sends the target it is given, follows no redirect, keeps no connection and reads no more of a body than its
//! beginning.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

/// Error documents are shorter; of objects nothing is looked at.
const MAX_BEGINNING: usize = 64 * 1024;

/// Where an exchange happens.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name the certificate must have, and who is trusted; without them the exchange is in clear.
    pub(crate) tls: Option<Trust>,
    /// For each step.
    pub(crate) timeout: Duration,
}

/// Which authorities are trusted.
#[derive(Clone)]
pub(crate) struct Trust(Arc<ClientConfig>);

impl Trust {
    /// The machine's roots, and those of a PEM file.
    ///
    /// # Errors
    /// The file cannot be read, or neither gives a root.
    pub(crate) fn new(ca: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        // Machines keep roots nobody can parse; the others are trusted all the same.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca {
            let unreadable = || format!("the CA certificate {} cannot be read", path.display());
            for certificate in CertificateDer::pem_file_iter(path).with_context(unreadable)? {
                roots
                    .add(certificate.with_context(unreadable)?)
                    .with_context(unreadable)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// `host` included.
    pub(crate) headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The beginning of the body.
    pub(crate) beginning: Bytes,
    pub(crate) made: Made,
}

/// A connection that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Made {
    /// Address and port.
    pub(crate) address: String,
    pub(crate) certificate: Option<Certificate>,
}

/// The server's certificate, as far as it matters to a viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Certificate {
    pub(crate) issuer: String,
    pub(crate) ends: String,
}

/// The step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum ExchangeError {
    #[error("the name {host} does not resolve: {reason}")]
    Name {
        host: String,
        #[serde(rename = "told")]
        reason: String,
    },
    #[error("no connection to {host} port {port}: {reason}")]
    Connection {
        host: String,
        port: u16,
        #[serde(rename = "told")]
        reason: String,
    },
    #[error("TLS with {host} fails: {reason}")]
    Tls {
        host: String,
        #[serde(rename = "told")]
        reason: String,
    },
    #[error("{host} did not respond: {reason}")]
    Answer {
        host: String,
        #[serde(rename = "told")]
        reason: String,
    },
}

/// A connection, in clear or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Asks once.
///
/// # Errors
/// [`ExchangeError`] names the step.
pub(crate) async fn exchange(route: &Route, question: &Question) -> Result<Reply, ExchangeError> {
    let (stream, made) = open(route).await?;
    ask(route, stream, question, made).await
}

/// Connects, and shakes hands where the route wants TLS.
///
/// # Errors
/// [`ExchangeError`] names the step.
pub(crate) async fn open(route: &Route) -> Result<(Box<dyn Stream>, Made), ExchangeError> {
    let stream = connect(route).await?;
    let address = stream
        .peer_addr()
        .map_or_else(|_| route.host.clone(), |peer| peer.to_string());
    match &route.tls {
        None => {
            let made = Made {
                address,
                certificate: None,
            };
            Ok((Box::new(stream), made))
        }
        Some(trust) => {
            let failed = |reason: String| ExchangeError::Tls {
                host: route.host.clone(),
                reason,
            };
            let name = ServerName::try_from(route.host.clone())
                .map_err(|_| failed("the host is not a valid name for a certificate".to_owned()))?;
            let shaken = TlsConnector::from(Arc::clone(&trust.0)).connect(name, stream);
            let stream = tokio::time::timeout(route.timeout, shaken)
                .await
                .map_err(|_| failed(too_slow(route)))?
                .map_err(|error| failed(error.to_string()))?;
            let certificates = stream.get_ref().1.peer_certificates();
            let made = Made {
                address,
                certificate: certificates
                    .and_then(<[_]>::first)
                    .and_then(|first| described(first)),
            };
            Ok((Box::new(stream), made))
        }
    }
}

async fn connect(route: &Route) -> Result<TcpStream, ExchangeError> {
    let unknown = |reason: String| ExchangeError::Name {
        host: route.host.clone(),
        reason,
    };
    let addresses = tokio::time::timeout(
        route.timeout,
        lookup_host((route.host.as_str(), route.port)),
    )
    .await
    .map_err(|_| unknown(too_slow(route)))?
    .map_err(|error| unknown(error.to_string()))?;
    let mut last = "it has no address".to_owned();
    for address in addresses {
        match tokio::time::timeout(route.timeout, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = format!("{address}: {error}"),
            Err(_) => last = format!("{address}: {}", too_slow(route)),
        }
    }
    Err(ExchangeError::Connection {
        host: route.host.clone(),
        port: route.port,
        reason: last,
    })
}

async fn ask(
    route: &Route,
    stream: Box<dyn Stream>,
    question: &Question,
    made: Made,
) -> Result<Reply, ExchangeError> {
    let failed = |reason: String| ExchangeError::Answer {
        host: route.host.clone(),
        reason,
    };
    let mut request = Request::builder()
        .method(question.method.as_str())
        .uri(&question.target);
    for (name, value) in &question.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(error.to_string()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(error.to_string()))?;
    let driver = AbortOnDrop(tokio::spawn(connection));
    let answered = tokio::time::timeout(route.timeout, sender.send_request(request)).await;
    let answer = answered
        .map_err(|_| failed(too_slow(route)))?
        .map_err(|error| failed(error.to_string()))?;
    let (head, body) = answer.into_parts();
    let beginning = beginning(route, body).await.map_err(failed)?;
    drop(driver);
    Ok(Reply {
        status: head.status,
        headers: head.headers,
        beginning,
        made,
    })
}

/// Ends the connection: of a long body the rest is not wanted.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn beginning(route: &Route, mut body: Incoming) -> Result<Bytes, String> {
    let mut read = Vec::new();
    while read.len() < MAX_BEGINNING {
        match tokio::time::timeout(route.timeout, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    read.extend_from_slice(&data);
                }
            }
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(format!("the body was cut off: {error}")),
            Err(_) => return Err(format!("the body stalled: {}", too_slow(route))),
        }
    }
    Ok(read.into())
}

fn too_slow(route: &Route) -> String {
    format!("nothing within {} s", route.timeout.as_secs())
}

fn described(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(Certificate {
        issuer: parsed.issuer().to_string(),
        ends: parsed.validity().not_after.to_string(),
    })
}
