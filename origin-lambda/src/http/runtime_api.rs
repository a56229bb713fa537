//! Lambda's Runtime API, from the function's side: polls for invocations, and streams the responses.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. It is spoken here because the
//! general runtime ends a stream that failed as if it were complete
//! (docs/decisions/0009-a-failed-stream-ends-in-trailers.md).

use std::convert::Infallible;

use axum::body::Body as AnswerBody;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, StreamBody};
use lambda_runtime_api_client::{BoxError, Client, body::Body};
use serde_json::Value;

use super::{
    function_url::FunctionUrl,
    response_stream::{self, CONTENT_TYPE, ERROR_BODY, ERROR_TYPE},
};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
/// Newer hosts match responses to invocations by it, where they send it.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");

/// Why no more invocations can be served. The process ends, and Lambda starts another.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The environment names no usable address.
    #[error("AWS_LAMBDA_RUNTIME_API is not an address; only lambda and its emulators set it")]
    Address(#[source] BoxError),
    /// The API does not respond.
    #[error("the runtime API cannot be reached for an invocation")]
    Unreachable(#[source] BoxError),
    /// The API refuses, or hands over something else than an invocation.
    #[error("the runtime API returned {0} without an invocation")]
    Refused(StatusCode),
}

/// One invocation.
struct Invocation {
    response_uri: Uri,
    invocation_id: Option<HeaderValue>,
    event: Value,
}

/// Serves invocations of the API at `address`, one after the other, as Lambda hands them out.
///
/// # Errors
/// [`RuntimeError`]; a response that could not be delivered is logged and costs one invocation.
pub async fn serve(function: &FunctionUrl, address: &str) -> Result<Infallible, RuntimeError> {
    let endpoint = Uri::try_from(address).map_err(|error| RuntimeError::Address(error.into()))?;
    if endpoint.authority().is_none() {
        return Err(RuntimeError::Address("it names no host".into()));
    }
    let client = Client::builder().with_endpoint(endpoint);
    let client = client
        .build()
        .map_err(|error| RuntimeError::Address(error.into()))?;
    loop {
        let Invocation {
            response_uri,
            invocation_id,
            event,
        } = next(&client).await?;
        let request = match function.answer_queue(&event).await {
            Some(answer) => whole(response_uri, invocation_id, &answer),
            None => {
                let answer = function.answer_json(event).await;
                response(response_uri, invocation_id, answer)
            }
        };
        match client.call(request).await {
            Ok(taken) if taken.status().is_success() => drain(taken).await,
            Ok(refused) => {
                tracing::error!(
                    status = refused.status().as_u16(),
                    "Lambda refused a response"
                );
                drain(refused).await;
            }
            Err(error) => tracing::error!(%error, "a response could not be delivered"),
        }
    }
}

async fn next(client: &Client) -> Result<Invocation, RuntimeError> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(NEXT);
    let answer = client
        .call(request)
        .await
        .map_err(RuntimeError::Unreachable)?;
    let (head, body) = answer.into_parts();
    if !head.status.is_success() {
        return Err(RuntimeError::Refused(head.status));
    }
    let event = body.collect().await;
    let event = event.map_err(|error| RuntimeError::Unreachable(error.into()))?;
    let id = head.headers.get(REQUEST_ID);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let response_uri = Uri::try_from(format!("/2018-06-01/runtime/invocation/{id}/response"));
    Ok(Invocation {
        response_uri: response_uri.map_err(|_| RuntimeError::Refused(head.status))?,
        invocation_id: head.headers.get(INVOCATION_ID).cloned(),
        // What is no JSON is no event either, and is refused as such.
        event: serde_json::from_slice(&event.to_bytes()).unwrap_or_default(),
    })
}

fn response(
    uri: Uri,
    invocation_id: Option<HeaderValue>,
    answer: Response<AnswerBody>,
) -> Request<Body> {
    let frames = StreamBody::new(response_stream::frames(answer));
    let mut request = Request::new(Body::new(frames));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
    headers.insert(
        header::TRANSFER_ENCODING,
        HeaderValue::from_static("chunked"),
    );
    for trailer in [ERROR_TYPE, ERROR_BODY] {
        headers.append(header::TRAILER, HeaderValue::from_static(trailer));
    }
    if let Some(id) = invocation_id {
        headers.insert(INVOCATION_ID, id);
    }
    request
}

/// An answer that nobody streams: to an event source, which reads it whole.
fn whole(uri: Uri, invocation_id: Option<HeaderValue>, answer: &Value) -> Request<Body> {
    let mut request = Request::new(Body::from(answer.to_string()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Some(id) = invocation_id {
        headers.insert(INVOCATION_ID, id);
    }
    request
}

/// Only a connection whose responses were read is used again.
async fn drain(answer: Response<impl http_body::Body>) {
    // What Lambda adds to its status says nothing more.
    let _ = answer.into_body().collect().await;
}
