//! The HTTP server of the small AWS APIs: a bounded body in, the caller established, an answer or an error document out.
//!
//! It knows no service: what a call means and who may make it is [`Api::call`]'s. It does not stream: S3, the CDN and
//! Function URLs have servers of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use keyfront_iam::Requester;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::aws_error::{AwsError, Protocol};
use crate::listener::Listener;
use crate::request_auth::{AuthError, RequestAuth};

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// An AWS API whose requests and answers fit in memory.
pub trait Api: Send + Sync + 'static {
    /// Its name in logs.
    const NAME: &'static str;
    /// How it writes its errors.
    const PROTOCOL: Protocol;
    /// Bytes of a body; more is answered 413.
    const MAX_BODY: usize;
    /// Every way a call fails.
    type Error: std::error::Error + From<AuthError> + 'static;

    /// Does what the caller asks, if it may.
    ///
    /// # Errors
    /// The service's own.
    fn call(&self, call: &ApiCall) -> Result<ApiResponse, Self::Error>;

    /// The error as its client sees it.
    fn describe(error: &Self::Error) -> AwsError;
}

/// A request whose signer is established.
#[derive(Debug)]
pub struct ApiCall {
    /// Method, target, version and headers as received.
    pub head: Parts,
    /// The whole body.
    pub body: Bytes,
    /// Who signed it.
    pub requester: Requester,
    /// The answer's id.
    pub request_id: String,
}

/// An answer that is complete in memory.
pub type ApiResponse = Response<Full<Bytes>>;

/// Serves `api` on `listener` until `shutdown`; `auth` must be for the API's own service and Region.
pub async fn serve<A: Api>(
    listener: TcpListener,
    api: Arc<A>,
    auth: RequestAuth,
    shutdown: CancellationToken,
) {
    let auth = Arc::new(auth);
    let answer = move |request: Request<Incoming>, peer| {
        let (api, auth) = (Arc::clone(&api), Arc::clone(&auth));
        async move {
            let (head, body) = request.into_parts();
            match receive(body, A::MAX_BODY).await {
                Ok(body) => answer(&*api, &auth, head, body, peer),
                Err(response) => response,
            }
        }
    };
    Listener::plain(A::NAME, listener, HEADER_TIMEOUT)
        .serve(answer, shutdown.cancelled_owned())
        .await;
}

async fn receive(body: Incoming, max_body: usize) -> Result<Bytes, ApiResponse> {
    let collected = Limited::new(body, max_body).collect();
    match tokio::time::timeout(BODY_TIMEOUT, collected).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(respond(413, "text/plain", "request body is too large\n"))
        }
        Ok(Err(_)) | Err(_) => Err(respond(400, "text/plain", "request body did not arrive\n")),
    }
}

fn answer<A: Api>(
    api: &A,
    auth: &RequestAuth,
    head: Parts,
    body: Bytes,
    peer: SocketAddr,
) -> ApiResponse {
    let request_id = Uuid::new_v4().to_string();
    let id = HeaderValue::from_str(&request_id);
    let called = auth
        .verify(&head, &body)
        .map_err(A::Error::from)
        .and_then(|mut requester| {
            requester.source_ip = Some(peer.ip());
            api.call(&ApiCall {
                head,
                body,
                requester,
                request_id: request_id.clone(),
            })
        });
    let mut response = called.unwrap_or_else(|error| refuse::<A>(&error, &request_id));
    // A UUID is always a header value; without it the answer merely lacks its id.
    if let Ok(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn refuse<A: Api>(error: &A::Error, request_id: &str) -> ApiResponse {
    let described = A::describe(error);
    let code = described.code;
    if described.status >= 500 {
        let error = error as &dyn std::error::Error;
        tracing::error!(api = A::NAME, code, request_id, error, "call failed");
    } else {
        tracing::debug!(api = A::NAME, code, request_id, %error, "call refused");
    }
    let document = described.document(A::PROTOCOL, request_id);
    respond(described.status, A::PROTOCOL.content_type(), document)
}

/// An answer of one status, type and body; never stored by any cache.
pub fn respond(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> ApiResponse {
    let mut response = Response::new(Full::new(body.into()));
    // Only statuses of the services' own tables come here; 500 stands for one that is not a status.
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
