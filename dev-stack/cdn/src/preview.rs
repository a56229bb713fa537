//! The CDN over plain HTTP on loopback, for browsers of this machine, which do not know its authority.
//!
//! It is no other host: a request is answered as if its viewer had come to the CDN's own, so that a signature for a URL there
//! counts here.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::HOST;
use http::uri::Uri;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use keyfront_dev_ground::listener::Listener;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::error::CdnError;
use super::front::{Front, HEADER_TIMEOUT, READ_BUFFER};

/// The listener.
pub(super) struct Preview {
    tcp: TcpListener,
    pub(super) address: SocketAddr,
}

impl Preview {
    pub(super) async fn bind(listen: SocketAddr) -> Result<Self, CdnError> {
        let failed = |source| CdnError::ListenForPreviews {
            address: listen,
            source,
        };
        let tcp = TcpListener::bind(listen).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address })
    }

    /// Answers as the CDN whose host is `host`, until `stop`.
    pub(super) async fn serve(self, front: Arc<Front>, host: String, stop: CancellationToken) {
        let answer = move |request, peer: SocketAddr| {
            let (front, host) = (Arc::clone(&front), host.clone());
            async move { front.answer(at_host(request, &host), peer.ip()).await }
        };
        Listener::plain("cdn", self.tcp, HEADER_TIMEOUT)
            .with_max_head(READ_BUFFER)
            .serve(answer, stop.cancelled_owned())
            .await;
    }
}

/// The request as a viewer of the host would have sent it.
fn at_host(mut request: Request<Incoming>, host: &str) -> Request<Incoming> {
    let mut target = std::mem::take(request.uri_mut()).into_parts();
    target.scheme = None;
    target.authority = None;
    // What has a path alone is a valid target; what had none is refused as such.
    *request.uri_mut() = Uri::from_parts(target).unwrap_or_default();
    if let Ok(host) = HeaderValue::from_str(host) {
        request.headers_mut().insert(HOST, host);
    }
    request
}
