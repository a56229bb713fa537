//! A proxy between viewers and the CDN that changes what passes: a CDN, or whatever stands before it, with a fault of
//! its own. Viewers speak plain HTTP to it. Bodies are held whole.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, request, response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::wire::{Connection, Wire};

/// A request or an answer with its body.
pub type Exchange<Head> = (Head, Bytes);

/// What is done to the traffic.
pub trait Meddling: Send + Sync {
    /// Changes a request, or answers it. `others` are on their way at the same time.
    fn request(
        &self,
        _request: &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        None
    }

    /// Changes an answer to the request as it was sent on.
    fn answer(&self, _request: &request::Parts, _answer: &mut Exchange<response::Parts>) {}
}

/// Nothing is changed.
pub struct Honest;

impl Meddling for Honest {}

/// A running proxy; it ends when dropped.
pub struct Meddler {
    address: SocketAddr,
    meddling: Arc<Mutex<Arc<dyn Meddling>>>,
    serving: JoinHandle<()>,
}

impl Meddler {
    /// An honest proxy.
    pub async fn start(upstream: Wire) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let meddling: Arc<Mutex<Arc<dyn Meddling>>> = Arc::new(Mutex::new(Arc::new(Honest)));
        let serving = tokio::spawn(serve(listener, upstream, Arc::clone(&meddling)));
        Self {
            address,
            meddling,
            serving,
        }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this is done, and nothing else.
    pub fn meddle(&self, meddling: impl Meddling + 'static) {
        *self.meddling.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(meddling);
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, upstream: Wire, meddling: Arc<Mutex<Arc<dyn Meddling>>>) {
    let under_way = Arc::new(AtomicUsize::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        let upstream = upstream.clone();
        let (meddling, under_way) = (Arc::clone(&meddling), Arc::clone(&under_way));
        tokio::spawn(async move {
            // One connection to the CDN for each of the viewer's.
            let behind = tokio::sync::Mutex::new(upstream.keep_open().await);
            let service = service_fn(|request| {
                let meddling = Arc::clone(&meddling.lock().unwrap_or_else(PoisonError::into_inner));
                let under_way = Arc::clone(&under_way);
                let behind = &behind;
                async move {
                    let others = under_way.fetch_add(1, Ordering::SeqCst);
                    let answer = pass(behind, request, &*meddling, others).await;
                    under_way.fetch_sub(1, Ordering::SeqCst);
                    answer
                }
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn pass(
    behind: &tokio::sync::Mutex<Connection>,
    request: Request<Incoming>,
    meddling: &dyn Meddling,
    others: usize,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let mut request = (head, body.collect().await?.to_bytes());
    if let Some(answer) = meddling.request(&mut request, others) {
        return Ok(answer.map(Full::new));
    }
    let (mut head, body) = request;
    head.headers.remove(http::header::TRANSFER_ENCODING);
    if head.headers.contains_key(http::header::CONTENT_LENGTH) {
        head.headers
            .insert(http::header::CONTENT_LENGTH, body.len().into());
    }
    let sent = Request::from_parts(head.clone(), Full::new(body).boxed_unsync());
    let (answer, body) = behind.lock().await.send(sent).await?.into_parts();
    let mut answer = (answer, body.collect().await?.to_bytes());
    meddling.answer(&head, &mut answer);
    let (mut answer, body) = answer;
    if head.method != http::Method::HEAD && answer.status != http::StatusCode::NOT_MODIFIED {
        answer
            .headers
            .insert(http::header::CONTENT_LENGTH, body.len().into());
    }
    Ok(Response::from_parts(answer, Full::new(body)))
}
