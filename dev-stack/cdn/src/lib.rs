//! The local CDN: a CloudFront distribution on a loopback port.
//!
//! HTTPS with its own authority, HTTP/1.1 and HTTP/2, cache behaviours and policies, an RFC 9111 cache, request
//! collapsing, CloudFront's way with headers, signed URLs and cookies, and Lambda@Edge functions run from their built
//! bundle. It reaches nothing but the origins of its table, and it does not emulate compression, geo headers or viewer
//! functions.

mod body;
mod byte_range;
mod cache;
mod cache_lock;
mod cache_tee;
mod certificate;
mod deliver;
pub(crate) mod distribution;
mod edge;
mod error;
mod fetch;
mod forward;
mod freshness;
mod front;
mod function_response;
pub(crate) mod header_rules;
mod included_body;
mod origin;
mod preview;
mod refusal;
mod replay;
mod shared_body;
mod store;
mod upstream;
mod upstream_request;
mod upstream_response;
mod viewer_request;
mod viewer_signature;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::OptionFuture;
use keyfront_dev_ground::listener::Listener;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::cache::Cache;
use self::certificate::Authority;
pub use self::distribution::{
    AcceptEncoding, AllowedMethods, Behaviour, CachePolicy, Distribution, ForwardHeaders,
    ForwardQuery, Functions, Origin, OriginKind, OriginProtocol, OriginRequestPolicy, TrustedKey,
};
use self::edge::EdgeRuntime;
pub use self::edge::{EdgeCredentials, EdgeKind, NodeConfig};
pub use self::error::CdnError;
use self::front::{Front, HEADER_TIMEOUT, READ_BUFFER};
pub use self::origin::OriginTable;
use self::origin::Origins;
use self::preview::Preview;
pub use self::store::CacheLimits;
use self::store::{InvalidationPath, Store};
use self::upstream::Upstream;

/// What the local CDN needs to start.
#[derive(Debug)]
pub struct CdnConfig {
    /// Where viewers connect; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where it answers over plain HTTP as well, as if viewers had come to [`CdnHandle::url`]: for browsers, which do not know the
    /// authority. Port 0 takes any free one.
    pub preview: Option<SocketAddr>,
    /// The folder for the certificate authority; made if need be.
    pub state: PathBuf,
    /// What to serve.
    pub distribution: Distribution,
    /// Where the origins are.
    pub origins: OriginTable,
    /// What runs the functions; `None` only if no behaviour has any.
    pub edge: Option<EdgeKind>,
    /// The credentials of the functions, read anew for every invocation.
    pub credentials: watch::Receiver<EdgeCredentials>,
    /// How much to keep.
    pub cache: CacheLimits,
}

/// The local CDN.
pub struct Cdn;

impl Cdn {
    /// Starts it. Once this returns, viewers can connect.
    ///
    /// # Errors
    ///
    /// Whatever [`CdnError`] names: an invalid distribution, a port in use, an unwritable folder, no usable Node.js.
    pub async fn start(config: CdnConfig) -> Result<CdnHandle, CdnError> {
        config.distribution.validate()?;
        config.origins.validate()?;
        if config.edge.is_none() && config.distribution.uses_functions() {
            return Err(CdnError::EdgeMissing);
        }
        let authority = Authority::open(&config.state)?;
        let tls = TlsAcceptor::from(authority.server_config()?);
        let listening = |source| CdnError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let preview = match config.preview {
            Some(listen) => Some(Preview::bind(listen).await?),
            None => None,
        };
        let origins = Origins::new(config.origins);
        let edge = match config.edge {
            Some(kind) => Some(EdgeRuntime::start(kind, config.credentials, &origins).await?),
            None => None,
        };
        let upstream = Upstream::new(&config.distribution, origins, edge);
        let front = Arc::new(Front::new(
            config.distribution,
            Store::new(config.cache),
            upstream,
        ));
        let stop = CancellationToken::new();
        let answering = Arc::clone(&front);
        let answer = move |request, peer: SocketAddr| {
            let front = Arc::clone(&answering);
            async move { front.answer(request, peer.ip()).await }
        };
        let viewers = Listener::plain("cdn", listener, HEADER_TIMEOUT)
            .with_tls(tls)
            .with_max_head(READ_BUFFER)
            .serve(answer, stop.clone().cancelled_owned());
        let preview_address = preview.as_ref().map(|preview| preview.address);
        let previews = preview
            .map(|preview| preview.serve(Arc::clone(&front), host_of(address), stop.clone()));
        let previews = OptionFuture::from(previews);
        let serving = async {
            tokio::join!(viewers, previews);
        };
        Ok(CdnHandle {
            address,
            preview_address,
            ca_cert: authority.certificate_path,
            cache: Arc::clone(&front.cache),
            stop,
            serving: tokio::spawn(serving),
        })
    }
}

/// A running local CDN. Dropping it stops it without waiting for requests under way.
pub struct CdnHandle {
    address: SocketAddr,
    preview_address: Option<SocketAddr>,
    ca_cert: PathBuf,
    cache: Arc<Cache>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

/// The host that viewers come to.
fn host_of(address: SocketAddr) -> String {
    format!("localhost:{}", address.port())
}

impl CdnHandle {
    /// `https://localhost:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("https://{}", host_of(self.address))
    }

    /// The same for browsers of this machine, `http://127.0.0.1:PORT`, if it was asked for.
    pub fn preview_url(&self) -> Option<String> {
        let address = self.preview_address?;
        Some(format!("http://{address}"))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The PEM file of the authority clients must trust.
    pub fn ca_cert(&self) -> &Path {
        &self.ca_cert
    }

    /// As [`Invalidator::invalidate`].
    pub fn invalidate<P: AsRef<str>>(&self, paths: &[P]) {
        self.invalidator().invalidate(paths);
    }

    /// What can forget on this CDN's behalf.
    pub fn invalidator(&self) -> Invalidator {
        Invalidator(Arc::clone(&self.cache))
    }

    /// Stops accepting, lets requests under way finish for a few seconds, and ends the workers.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Err(cause) = (&mut self.serving).await {
            tracing::warn!(%cause, "the listener of the local CDN failed");
        }
        if let Some(edge) = &self.cache.upstream.edge {
            edge.stop().await;
        }
    }
}

/// Forgets what a CDN has cached.
#[derive(Clone)]
pub struct Invalidator(Arc<Cache>);

impl Invalidator {
    /// Forgets what is cached under these paths: exact ones, or all that begin alike with a `*` at the end.
    ///
    /// As CloudFront compares them: in the viewer's spelling, with the query.
    pub fn invalidate<P: AsRef<str>>(&self, paths: &[P]) {
        let paths: Vec<InvalidationPath> = paths
            .iter()
            .map(|path| InvalidationPath::parse(path.as_ref()))
            .collect();
        self.0.store.invalidate(&paths);
        self.0.locks.invalidate(&paths);
    }
}

impl Drop for CdnHandle {
    fn drop(&mut self) {
        self.stop.cancel();
        self.serving.abort();
    }
}
