//! A proxy between the origin and a service of AWS that fails on request: it answers in the service's place, or cuts the
//! connection in the middle of a body; or it lets one call of many go wrong (`interference`). Everything else passes byte for
//! byte, `Host` included.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::StreamExt as _;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyDataStream, BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use crate::{
    interference::{self, Interference},
    stack::address,
};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The proxy answers itself.
    Answer(StatusCode, &'static str),
    /// The connections on both sides end after so many bytes of the request's body.
    CutAfter(usize),
    /// The first text is spelled as the second in the request's target.
    Respell(&'static str, &'static str),
    /// It waits at a gate until the test opens it.
    Hold(Gate),
}

/// Where a request waits for the test, and the test for a request.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl Gate {
    /// Waits for a request to come.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets one request through.
    pub fn open(&self) {
        self.open.notify_one();
    }

    async fn pass(&self) {
        self.reached.notify_one();
        self.open.notified().await;
    }
}

/// A fault, for which requests, and how often.
#[derive(Debug, Clone)]
pub struct Rule {
    pub method: Method,
    /// What the path, the query or `x-amz-target` must contain.
    pub about: &'static str,
    pub fault: Fault,
    pub times: usize,
}

/// A running proxy; it ends when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    upstream: Arc<Mutex<SocketAddr>>,
    rules: Arc<Mutex<Rules>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Rules {
    open: Vec<Rule>,
    met: usize,
}

impl Rules {
    /// The fault of a request, if one is due.
    fn fault_for(&mut self, request: &Request<Incoming>) -> Option<Fault> {
        let action = request.headers().get("x-amz-target");
        let action = action.map_or(String::new(), |name| format!("{name:?}"));
        let described = format!("{} {action}", request.uri());
        let due = |rule: &&mut Rule| {
            rule.times > 0 && rule.method == *request.method() && described.contains(rule.about)
        };
        let rule = self.open.iter_mut().find(due)?;
        rule.times -= 1;
        self.met += 1;
        Some(rule.fault.clone())
    }
}

impl FaultProxy {
    /// A proxy in front of a plain HTTP URL.
    pub async fn start(url: &str) -> Self {
        Self::watched(url, Arc::default()).await
    }

    /// A proxy in front of a plain HTTP URL that asks about every request whether it goes wrong.
    pub async fn watched(url: &str, interference: Arc<Interference>) -> Self {
        let upstream = Arc::new(Mutex::new(address(url)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let rules: Arc<Mutex<Rules>> = Arc::default();
        let passage = Passage {
            client: Client::builder(TokioExecutor::new()).build_http(),
            upstream: Arc::clone(&upstream),
            rules: Arc::clone(&rules),
            interference,
        };
        let serving = tokio::spawn(passage.serve(listener));
        Self {
            address,
            upstream,
            rules,
            serving,
        }
    }

    /// A proxy whose upstream is not there yet: what passes before [`FaultProxy::lead_to`] is cut.
    pub async fn reserve() -> Self {
        Self::start("http://127.0.0.1:1").await
    }

    /// From now on, what passes goes to this plain HTTP URL.
    pub fn lead_to(&self, url: &str) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = address(url);
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, this alone fails.
    pub fn fail(&self, rule: Rule) {
        let fresh = Rules {
            open: vec![rule],
            met: 0,
        };
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// This fails as well.
    pub fn also_fail(&self, rule: Rule) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.open.push(rule);
    }

    /// Nothing fails any more; how often something did.
    pub fn heal(&self) -> usize {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rules).met
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What every connection has.
#[derive(Clone)]
struct Passage {
    client: Client<HttpConnector, Body>,
    upstream: Arc<Mutex<SocketAddr>>,
    rules: Arc<Mutex<Rules>>,
    interference: Arc<Interference>,
}

impl Passage {
    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok((stream, handle)) = interference::with_handle(stream) else {
                return;
            };
            let (passage, handle) = (self.clone(), Arc::new(handle));
            let service = service_fn(move |request| {
                let (passage, handle) = (passage.clone(), Arc::clone(&handle));
                async move { passage.treat(request, &handle).await }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }

    /// An error ends the connection to the caller without an answer.
    async fn treat(
        &self,
        request: Request<Incoming>,
        connection: &TcpStream,
    ) -> io::Result<Response<Body>> {
        let fault = self
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fault_for(&request);
        let [_, _, _, service] = interference::scope(request.headers());
        let way = self.interference.meet(described(&request));
        let Some(way) = way else {
            return self.pass(request, fault).await;
        };
        if let Some((status, text, headers)) = way.refusal(&service) {
            // Read to its end, so that the caller sees the answer and no broken pipe.
            let _ = request.into_body().collect().await;
            let mut answer = Response::builder().status(status);
            for (name, value) in headers {
                answer = answer.header(name, value);
            }
            let text = Full::new(Bytes::from(text)).map_err(never).boxed_unsync();
            return Ok(answer.body(text).unwrap());
        }
        if way.is_done() {
            let answer = self.pass(request, fault).await?;
            let _ = answer.into_body().collect().await;
        } else {
            let _ = request.into_body().collect().await;
        }
        Err(self.interference.leave(way, connection).await)
    }

    async fn pass(
        &self,
        request: Request<Incoming>,
        fault: Option<Fault>,
    ) -> io::Result<Response<Body>> {
        let upstream = *self.upstream.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut head, body) = request.into_parts();
        let mut allowed = usize::MAX;
        match &fault {
            None | Some(Fault::Respell(..)) => {}
            Some(Fault::CutAfter(bytes)) => allowed = *bytes,
            Some(Fault::Hold(gate)) => gate.pass().await,
            Some(Fault::Answer(status, text)) => {
                // Read to its end, so that the caller sees the answer and no broken pipe.
                let _ = body.collect().await;
                let text = Full::new(Bytes::from_static(text.as_bytes()));
                let mut answer = Response::new(text.map_err(never).boxed_unsync());
                *answer.status_mut() = *status;
                return Ok(answer);
            }
        }
        let mut target = head.uri.path_and_query().unwrap().to_string();
        if let Some(Fault::Respell(from, to)) = fault {
            target = target.replace(from, to);
        }
        head.uri = format!("http://{upstream}{target}").parse().unwrap();
        let frames = BodyDataStream::new(body).map(move |piece| {
            let piece: Bytes = piece.map_err(io::Error::other)?;
            allowed = allowed
                .checked_sub(piece.len())
                .ok_or_else(|| io::Error::other("cut on purpose"))?;
            Ok(Frame::data(piece))
        });
        // A request without a body must not become a chunked one.
        let body = match head.headers.get(http::header::CONTENT_LENGTH) {
            None if !head.headers.contains_key(http::header::TRANSFER_ENCODING) => {
                Full::new(Bytes::new()).map_err(never).boxed_unsync()
            }
            _ => StreamBody::new(frames).boxed_unsync(),
        };
        let answer = self.client.request(Request::from_parts(head, body)).await;
        let answer = answer.map_err(io::Error::other)?;
        Ok(answer.map(|body| body.map_err(io::Error::other).boxed_unsync()))
    }
}

/// A request in a list of calls: its action, or its method and target without what differs from run to run.
fn described(request: &Request<Incoming>) -> String {
    let action = request.headers().get("x-amz-target");
    match action.and_then(|value| value.to_str().ok()?.rsplit('.').next()) {
        Some(action) => action.to_owned(),
        None => format!("{} {}", request.method(), request.uri()),
    }
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
