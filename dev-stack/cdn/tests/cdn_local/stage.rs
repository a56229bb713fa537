//! A CDN and its origin for one test.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{
    AcceptEncoding, AllowedMethods, Behaviour, CacheLimits, CachePolicy, Cdn, CdnConfig, CdnHandle,
    Distribution, EdgeCredentials, EdgeKind, Functions, NodeConfig, Origin, OriginKind,
    OriginProtocol, OriginRequestPolicy, OriginTable,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const ORIGIN: &str = "media.s3.eu-west-1.amazonaws.com";

pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What reached the origin.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) type Reply = BoxFuture<'static, Response<Body>>;

/// An HTTP/1.1 server that answers by a closure.
pub(crate) struct TestOrigin {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: JoinHandle<()>,
}

impl TestOrigin {
    pub(crate) async fn start(answer: impl Fn(Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let answer = Arc::new(answer);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (record, answer) = (Arc::clone(&record), Arc::clone(&answer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (record, answer) = (Arc::clone(&record), Arc::clone(&answer));
                    async move {
                        let (head, body) = request.into_parts();
                        let collected = body.collect().await;
                        let seen = Seen {
                            method: head.method.to_string(),
                            target: head.uri.to_string(),
                            headers: head.headers,
                            body: collected.map(|body| body.to_bytes()).unwrap_or_default(),
                        };
                        record.lock().unwrap().push(seen.clone());
                        Ok::<_, Infallible>(answer(seen).await)
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self {
            address,
            seen,
            serving,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for TestOrigin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A complete answer.
pub(crate) fn answer(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    answer_with(status, headers, body.boxed_unsync())
}

/// An answer with a body of any kind.
pub(crate) fn answer_with(status: u16, headers: &[(&str, &str)], body: Body) -> Response<Body> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body).unwrap()
}

/// A reply that is ready.
pub(crate) fn at_once(response: Response<Body>) -> Reply {
    Box::pin(async move { response })
}

/// What a test changes of the usual distribution.
pub(crate) struct Setting {
    pub(crate) behaviours: Vec<Behaviour>,
    pub(crate) error_ttl: BTreeMap<u16, u64>,
    pub(crate) error_pages: BTreeMap<u16, String>,
    pub(crate) edge: Option<EdgeKind>,
    pub(crate) cache: CacheLimits,
    pub(crate) credentials: watch::Receiver<EdgeCredentials>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            behaviours: vec![default_behaviour()],
            error_ttl: BTreeMap::new(),
            error_pages: BTreeMap::new(),
            edge: None,
            cache: CacheLimits::default(),
            credentials: watch::channel(credentials("AKIDFIRST")).1,
        }
    }
}

pub(crate) fn credentials(access_key_id: &str) -> EdgeCredentials {
    EdgeCredentials {
        access_key_id: access_key_id.into(),
        secret_access_key: "secret".into(),
        session_token: Some("token".into()),
        expires_at: None,
    }
}

/// `*`, all methods, 60 s by default, the query parameter `v` and the header `x-variant` in the key.
pub(crate) fn default_behaviour() -> Behaviour {
    Behaviour {
        path_pattern: PathPattern::new("*"),
        origin: Origin {
            domain_name: ORIGIN.into(),
            protocol: OriginProtocol::Https,
            port: 443,
            path: String::new(),
            kind: OriginKind::Custom,
            custom_headers: vec![("x-keyfront-site".into(), "site".into())],
            read_timeout: 5,
            keepalive_timeout: 5,
        },
        methods: AllowedMethods::All,
        cache: CachePolicy {
            query: vec!["v".into()],
            headers: vec!["x-variant".into()],
            accept_encoding: AcceptEncoding::Removed,
            min_ttl: 0,
            default_ttl: 60,
            max_ttl: 3_600,
        },
        forward: OriginRequestPolicy::default(),
        functions: Functions::default(),
        trusted_keys: Vec::new(),
    }
}

/// A running CDN with a client that trusts it.
pub(crate) struct Stage {
    pub(crate) cdn: CdnHandle,
    pub(crate) client: reqwest::Client,
    _state: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn open(origin: &TestOrigin) -> Self {
        Self::with(origin, Setting::default()).await
    }

    pub(crate) async fn with(origin: &TestOrigin, setting: Setting) -> Self {
        let state = tempfile::tempdir().unwrap();
        let config = config(origin.address, setting, state.path());
        let cdn = Cdn::start(config).await.unwrap();
        let client = client(cdn.ca_cert(), |builder| builder);
        Self {
            cdn,
            client,
            _state: state,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cdn.url())
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// Status, `X-Cache` and body of a GET.
    pub(crate) async fn fetch(&self, path: &str) -> (u16, String, String) {
        read(self.get(path)).await
    }

    /// Sends bytes as they are over TLS with HTTP/1.1, and reads until the CDN closes or falls silent.
    pub(crate) async fn raw(&self, request: &str) -> String {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, ServerName};
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.cdn.ca_cert()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.cdn.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(tls));
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The connection may end without a TLS farewell.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub(crate) fn config(origin: SocketAddr, setting: Setting, state: &Path) -> CdnConfig {
    CdnConfig {
        preview: None,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        state: state.to_path_buf(),
        distribution: Distribution {
            id: "ETEST".into(),
            domain_name: "d111111abcdef8.cloudfront.net".into(),
            behaviours: setting.behaviours,
            error_ttl: setting.error_ttl,
            error_pages: setting.error_pages,
        },
        origins: OriginTable::new().with(ORIGIN, origin),
        edge: setting.edge,
        credentials: setting.credentials,
        cache: setting.cache,
    }
}

pub(crate) fn client(
    ca_cert: &Path,
    protocol: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> reqwest::Client {
    // The first test of the process installs it; for the others it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(ca_cert).unwrap()).unwrap();
    let builder = reqwest::Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    protocol(builder).build().unwrap()
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let x_cache = header(&response, "x-cache");
    let status = response.status().as_u16();
    (status, x_cache, response.text().await.unwrap())
}

pub(crate) fn header(response: &reqwest::Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// A setting whose one behaviour runs this module for both events.
pub(crate) fn with_bundle(folder: &Path, module: &str) -> Setting {
    let bundle = folder.join("index.mjs");
    std::fs::write(&bundle, module).unwrap();
    let mut behaviour = default_behaviour();
    behaviour.functions = Functions {
        origin_request: true,
        origin_response: true,
        include_body: true,
    };
    Setting {
        behaviours: vec![behaviour],
        edge: Some(EdgeKind::Node(NodeConfig {
            timeout: std::time::Duration::from_secs(5),
            ..NodeConfig::new(bundle)
        })),
        ..Setting::default()
    }
}
