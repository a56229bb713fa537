//! The HTTPS name of a function: receives a request, asks the gate, invokes, answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures::StreamExt as _;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use keyfront_dev_ground::listener::Listener;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::answer;
use super::event::Invocation;
use super::function::Function;
use super::invoke_authorizer::InvokeAuthorizer;
use super::{PAYLOAD_LIMIT, Refusal};

/// How long a caller may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a caller may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A function behind its name.
#[derive(Debug)]
pub struct FunctionUrl {
    /// `ID.lambda-url.REGION.on.aws`
    pub host: String,
    /// Who gets in.
    pub authorizer: InvokeAuthorizer,
    /// What answers.
    pub function: Arc<Function>,
}

impl FunctionUrl {
    /// Serves on `listener` until `stop`; requests under way have five seconds to finish, then the function ends.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let url = Arc::new(self);
        let answer = move |request: Request<Incoming>, peer: SocketAddr| {
            let url = Arc::clone(&url);
            async move { url.respond(request.map(Body::new), peer.ip()).await }
        };
        Listener::plain("function", listener, HEADER_TIMEOUT)
            .serve(answer, stop.cancelled_owned())
            .await;
    }

    async fn respond(&self, request: Request<Body>, peer: IpAddr) -> Response<Body> {
        let request_id = Uuid::new_v4().to_string();
        let answered = self.answer(request, peer, &request_id).await;
        let mut response = answered.unwrap_or_else(|refusal| refusal.answer(&request_id));
        if let Ok(id) = HeaderValue::try_from(&request_id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }

    async fn answer(
        &self,
        request: Request<Body>,
        peer: IpAddr,
        request_id: &str,
    ) -> Result<Response<Body>, Refusal> {
        let (head, body) = request.into_parts();
        let body = receive(body).await?;
        self.check_host(&head)?;
        let requester = self.authorizer.admit(&head, &body, peer)?;
        let invocation = Invocation {
            head: &head,
            body: &body,
            requester: &requester,
            host: &self.host,
            request_id,
        };
        let event = Bytes::from(invocation.event().to_string());
        if event.len() > PAYLOAD_LIMIT {
            return Err(Refusal::TooLarge);
        }
        let returned = self.function.invoke(event, request_id).await?;
        Ok(answer::response(returned)?)
    }

    fn check_host(&self, head: &Parts) -> Result<(), Refusal> {
        let host = head.headers.get(HOST).map(HeaderValue::as_bytes);
        let host = host.unwrap_or_default();
        if host.eq_ignore_ascii_case(self.host.as_bytes()) {
            Ok(())
        } else {
            let host = String::from_utf8_lossy(host).into_owned();
            Err(Refusal::UnknownHost(host))
        }
    }
}

/// The whole body. One that is too large is read to its end, so that its sender reads the answer and no broken pipe.
async fn receive(body: Body) -> Result<Bytes, Refusal> {
    let collected = async {
        let (mut kept, mut length) = (BytesMut::new(), 0_usize);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::BodyIncomplete)?;
            length = length.saturating_add(chunk.len());
            if length <= PAYLOAD_LIMIT {
                kept.extend_from_slice(&chunk);
            }
        }
        if length > PAYLOAD_LIMIT {
            return Err(Refusal::TooLarge);
        }
        Ok(kept.freeze())
    };
    tokio::time::timeout(BODY_TIMEOUT, collected)
        .await
        .unwrap_or(Err(Refusal::BodyIncomplete))
}
