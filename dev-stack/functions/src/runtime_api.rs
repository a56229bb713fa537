//! The Lambda Runtime API of one process: it asks for an invocation, and answers it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Each process has an API on a port of its own, so an
//! answer can only be its own. There are no extensions.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::outcome::{InvokeError, Returned};
use super::{PAYLOAD_LIMIT, streamed};

/// Beyond the limit of answers, so that exceeding it is reported and not cut.
const BODY_LIMIT: usize = 4 * PAYLOAD_LIMIT;
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
/// How much of an error report is kept.
const LONGEST_REPORT: usize = 1024;

/// One invocation on its way to the process.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) request_id: String,
    pub(super) event: Bytes,
    pub(super) timeout: Duration,
}

/// What becomes of an invocation.
pub(super) type Outcome = Result<Answered, InvokeError>;

/// An answer, whole or begun.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) returned: Returned,
    /// Completes when the process has sent all of it.
    pub(super) sent: oneshot::Receiver<()>,
}

/// What the process says first: it waits for invocations, or cannot start.
pub(super) type Initialised = Result<(), String>;

/// The API of one process. Dropping it ends it.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::Sender<Invocation>,
    exchange: Arc<Exchange>,
    serving: JoinHandle<()>,
}

/// Where process and front door meet.
#[derive(Debug)]
struct Exchange {
    function_arn: String,
    next: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    pending: Mutex<Option<Pending>>,
    initialised: Mutex<Option<oneshot::Sender<Initialised>>>,
}

#[derive(Debug)]
struct Pending {
    request_id: String,
    reply: oneshot::Sender<Outcome>,
}

impl RuntimeApi {
    /// Serves the API on a free port; the receiver hears once how the process starts.
    pub(super) async fn open(
        function_arn: String,
    ) -> io::Result<(Self, oneshot::Receiver<Initialised>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, next) = mpsc::channel(1);
        let (initialised, started) = oneshot::channel();
        let exchange = Arc::new(Exchange {
            function_arn,
            next: tokio::sync::Mutex::new(next),
            pending: Mutex::new(None),
            initialised: Mutex::new(Some(initialised)),
        });
        let router = router(Arc::clone(&exchange));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the runtime api of a function failed");
            }
        });
        let api = Self {
            address,
            invocations,
            exchange,
            serving,
        };
        Ok((api, started))
    }

    /// `AWS_LAMBDA_RUNTIME_API`
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands an invocation over. One at a time: an earlier one that is still open is given up.
    pub(super) async fn hand_over(&self, invocation: Invocation) -> oneshot::Receiver<Outcome> {
        let (reply, outcome) = oneshot::channel();
        *lock(&self.exchange.pending) = Some(Pending {
            request_id: invocation.request_id.clone(),
            reply,
        });
        // The receiving half lives as long as the exchange does.
        let _ = self.invocations.send(invocation).await;
        outcome
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(exchange: Arc<Exchange>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(responded),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .route("/2018-06-01/runtime/init/error", post(not_initialised))
        .with_state(exchange)
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.report_initialised(Ok(()));
    let Some(invocation) = exchange.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + invocation.timeout;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            exchange.function_arn.clone(),
        ),
    ];
    (headers, Body::from(invocation.event)).into_response()
}

async fn responded(
    State(exchange): State<Arc<Exchange>>,
    Path(request_id): Path<String>,
    request: Request,
) -> Response {
    let mode = request.headers().get(RESPONSE_MODE);
    if mode.is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming")) {
        return responding(&exchange, &request_id, request.into_body()).await;
    }
    let Ok(body) = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (_, sent) = oneshot::channel();
    let too_large = body.len() > PAYLOAD_LIMIT;
    let outcome = if too_large {
        Err(InvokeError::TooLarge)
    } else {
        serde_json::from_slice(&body)
            .map(|value| Answered {
                returned: Returned::Whole(value),
                sent,
            })
            .map_err(|_| InvokeError::Malformed("it is not json"))
    };
    match (exchange.reply(&request_id, outcome), too_large) {
        (Known::No, _) => refused(StatusCode::BAD_REQUEST, "InvalidRequestID"),
        (Known::Yes, true) => refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Function.ResponseSizeTooLarge",
        ),
        (Known::Yes, false) => StatusCode::ACCEPTED.into_response(),
    }
}

/// A streamed answer: its head is the outcome, its content follows.
async fn responding(exchange: &Exchange, request_id: &str, body: Body) -> Response {
    let (prelude, sending) = match streamed::begin(body).await {
        Ok(begun) => begun,
        Err(error) => {
            exchange.reply(request_id, Err(error));
            return refused(StatusCode::BAD_REQUEST, "InvalidResponse");
        }
    };
    let (to, from) = mpsc::channel(1);
    let (done, sent) = oneshot::channel();
    let returned = Returned::Streamed {
        prelude,
        content: streamed::content(from),
    };
    if exchange.reply(request_id, Ok(Answered { returned, sent })) == Known::No {
        return refused(StatusCode::BAD_REQUEST, "InvalidRequestID");
    }
    // The content reports how it ended; the process has answered either way.
    let _ = sending.pass_on(to).await;
    let _ = done.send(());
    StatusCode::ACCEPTED.into_response()
}

async fn failed(
    State(exchange): State<Arc<Exchange>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    match exchange.reply(&request_id, Err(InvokeError::Threw(report(&body)))) {
        Known::No => refused(StatusCode::BAD_REQUEST, "InvalidRequestID"),
        Known::Yes => StatusCode::ACCEPTED.into_response(),
    }
}

async fn not_initialised(State(exchange): State<Arc<Exchange>>, body: Bytes) -> StatusCode {
    exchange.report_initialised(Err(report(&body)));
    StatusCode::ACCEPTED
}

fn refused(status: StatusCode, error_type: &str) -> Response {
    let body = serde_json::json!({"errorType": error_type, "errorMessage": error_type});
    (status, axum::Json(body)).into_response()
}

fn report(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(LONGEST_REPORT)]).into_owned()
}

#[derive(PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

impl Exchange {
    /// Ends the open invocation if it is this one.
    fn reply(&self, request_id: &str, outcome: Outcome) -> Known {
        let mut pending = lock(&self.pending);
        match pending.take_if(|pending| pending.request_id == request_id) {
            Some(Pending { reply, .. }) => {
                // The caller may have given up.
                let _ = reply.send(outcome);
                Known::Yes
            }
            None => Known::No,
        }
    }

    fn report_initialised(&self, how: Initialised) {
        if let Some(waiting) = lock(&self.initialised).take() {
            let _ = waiting.send(how);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
