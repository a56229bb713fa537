//! An HTTP client that sends exactly the request target it is given. URL libraries resolve `..`, re-encode and
//! normalise - what these tests must not do.

use std::{net::SocketAddr, path::Path, sync::Arc};

use bytes::Bytes;
use futures::{Stream as FuturesStream, StreamExt as _};
use http::{HeaderMap, Method, Request, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// A client of one server; each call makes its own connection.
#[derive(Clone)]
pub struct Wire {
    url: String,
    tls: Option<Arc<RootCertStore>>,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header's value, empty when absent.
    ///
    /// # Panics
    /// If the header is there and empty: nothing that a test reads is said that way, and it would pass for absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| {
            assert!(!value.is_empty(), "{name} is empty, not absent: {self:?}");
            value.to_str().unwrap()
        })
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The stable code of a problem document.
    #[must_use]
    pub fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        problem["code"].as_str().unwrap().to_owned()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Wire {
    /// A client without TLS.
    #[must_use]
    pub fn plain(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            tls: None,
        }
    }

    /// A client that trusts only the CA in the given PEM file.
    #[must_use]
    pub fn tls(url: &str, ca: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        Self {
            url: url.to_owned(),
            tls: Some(Arc::new(roots)),
        }
    }

    /// `GET target`; the target starts with `/` and is already as it goes on the wire.
    pub async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, &[], Bytes::new()).await
    }

    /// A whole exchange over HTTP/1.1. A `host` among the headers takes the place of the URL's.
    pub async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        collect(
            self.exchange(Version::HTTP_11, method, target, headers, whole(body))
                .await,
        )
        .await
    }

    /// A whole exchange over HTTP/2.
    pub async fn send_http2(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        collect(
            self.exchange(
                Version::HTTP_2,
                method,
                target,
                headers,
                whole(Bytes::new()),
            )
            .await,
        )
        .await
    }

    /// A whole exchange whose request body is made while it is sent; `length` is declared for it.
    pub async fn send_stream(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        length: u64,
        body: impl FuturesStream<Item = Bytes> + Send + 'static,
    ) -> Answer {
        let length = length.to_string();
        let headers = [headers, &[("content-length", length.as_str())]].concat();
        let body = StreamBody::new(body.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync();
        collect(
            self.exchange(Version::HTTP_11, method, target, &headers, body)
                .await,
        )
        .await
    }

    /// An answer whose body is still on its way.
    pub async fn open(&self, target: &str) -> http::Response<Incoming> {
        self.exchange(
            Version::HTTP_11,
            Method::GET,
            target,
            &[],
            whole(Bytes::new()),
        )
        .await
    }

    async fn exchange(
        &self,
        version: Version,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> http::Response<Incoming> {
        let authority = self.authority();
        let uri: Uri = match version {
            Version::HTTP_2 => format!("https://{authority}{target}").parse().unwrap(),
            _ => target.parse().unwrap(),
        };
        let mut request = Request::builder().method(method).uri(uri).version(version);
        let names_host = headers.iter().any(|(name, _)| *name == "host");
        if version != Version::HTTP_2 && !names_host {
            request = request.header("host", authority);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).unwrap();
        let io = TokioIo::new(self.connect(version).await);
        if version == Version::HTTP_2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
                    .await
                    .unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        }
    }

    /// A connection that serves one request after the other.
    pub async fn keep_open(&self) -> Connection {
        let io = TokioIo::new(self.connect(Version::HTTP_11).await);
        let (sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        Connection {
            wire: self.clone(),
            sender,
        }
    }

    /// Sends raw bytes and reads until the server closes: for requests no library would let through.
    pub async fn raw(&self, request: &[u8]) -> Vec<u8> {
        self.raw_over(Version::HTTP_11, request).await
    }

    /// The same on a connection for which ALPN has chosen HTTP/2.
    pub async fn raw_http2(&self, request: &[u8]) -> Vec<u8> {
        self.raw_over(Version::HTTP_2, request).await
    }

    async fn raw_over(&self, version: Version, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect(version).await;
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // A server may close without TLS close_notify; what arrived until then is the answer.
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    /// `host:port`, as in the URL.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.split("://").nth(1).unwrap().trim_end_matches('/')
    }

    async fn connect(&self, version: Version) -> Box<dyn Stream> {
        let tcp = TcpStream::connect(address(&self.url)).await.unwrap();
        let Some(roots) = &self.tls else {
            return Box::new(tcp);
        };
        let mut config = ClientConfig::builder()
            .with_root_certificates(Arc::clone(roots))
            .with_no_client_auth();
        config.alpn_protocols = vec![if version == Version::HTTP_2 {
            b"h2".to_vec()
        } else {
            b"http/1.1".to_vec()
        }];
        let host = self.authority().rsplit_once(':').unwrap().0.to_owned();
        let name = ServerName::try_from(host).unwrap();
        Box::new(
            TlsConnector::from(Arc::new(config))
                .connect(name, tcp)
                .await
                .unwrap(),
        )
    }
}

/// A connection that is kept, and made anew when the server has closed it.
pub struct Connection {
    wire: Wire,
    sender: hyper::client::conn::http1::SendRequest<Body>,
}

impl Connection {
    /// Sends a request as it is, but with the server's own `Host`.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn send(
        &mut self,
        mut request: Request<Body>,
    ) -> Result<http::Response<Incoming>, hyper::Error> {
        if self.sender.ready().await.is_err() {
            *self = self.wire.keep_open().await;
        }
        let host = self.wire.authority().parse().unwrap();
        request.headers_mut().insert("host", host);
        self.sender.send_request(request).await
    }
}

/// The body of a request.
pub type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

fn whole(body: Bytes) -> Body {
    Full::new(body).boxed_unsync()
}

async fn collect(response: http::Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}

/// The loopback address inside a URL of `dev.json`.
#[must_use]
pub fn address(url: &str) -> SocketAddr {
    let authority = url.split("://").nth(1).unwrap().trim_end_matches('/');
    let port: u16 = authority.rsplit(':').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}
