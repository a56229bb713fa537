//! Function URL events to the router, under what AWS verified of the caller. Its responses are streamed back.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{Request, Response};
pub use keyfront_origin_core::function_url_event::{Authorizer, Event, Http, Iam, RequestContext};
use keyfront_origin_core::queue_event::QueueEvent;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{
    credentials::Transport, middleware::RequestId, read::AnswerLimit, refusal::Refusal,
    routes::router,
};
use crate::{config::RoleArn, error::Error, operate::Meter, origin::Origin, publisher::IamCaller};

/// Bytes one response of the reader may have: Lambda ends a streamed one at 200 MB.
const MAX_STREAMED: u64 = 190_000_000;

/// The API behind a Function URL. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FunctionUrl {
    origin: Arc<Origin>,
    router: Router,
    edge_role: Option<RoleArn>,
    bucket: Arc<str>,
    meter: Option<Meter>,
}

impl FunctionUrl {
    /// Serves `origin`; publishers' tokens are believed from sessions of `edge_role` only. Every other
    /// IAM principal speaks for itself.
    pub fn new(origin: Arc<Origin>, edge_role: Option<RoleArn>) -> Self {
        Self {
            meter: None,
            bucket: origin.store.bucket().as_str().into(),
            router: router(Arc::clone(&origin)),
            origin,
            edge_role,
        }
    }

    /// Writes metrics of every request to standard output, where CloudWatch reads them.
    #[must_use]
    pub fn with_metrics(self) -> Self {
        Self {
            meter: Some(Meter::new(&self.bucket)),
            ..self
        }
    }

    /// Answers one event. Every failure is an answer; one of the body midway is an error of the body.
    pub async fn answer(&self, event: Event) -> Response<Body> {
        let id = event
            .request_context
            .request_id
            .clone()
            .filter(|id| !id.is_empty());
        let transport = self.transport(&event.request_context);
        self.respond(
            event.into_request().map(|request| request.map(Body::from)),
            transport,
            id,
        )
        .await
    }

    /// Answers an event of the queue of pending invalidations; `None` for every other event.
    ///
    /// Whoever may call the Function URL decides about the body of an event, and never about its form.
    pub async fn answer_queue(&self, event: &Value) -> Option<Value> {
        let batch = QueueEvent::read(event)?;
        let answer = self.origin.releases().settle_batch(&batch).await;
        // Strings: writing JSON cannot fail for them, and `null` has every message delivered again.
        Some(serde_json::to_value(answer).unwrap_or_default())
    }

    /// Answers whatever JSON the function was invoked with, unless a queue invoked it.
    pub async fn answer_json(&self, event: Value) -> Response<Body> {
        match serde_json::from_value(event) {
            Ok(event) => self.answer(event).await,
            Err(_) => {
                let error = Error::Event("expected the payload format 2.0");
                self.respond(Err(error), Transport::Stranger, None).await
            }
        }
    }

    async fn respond(
        &self,
        request: Result<Request<Body>, Error>,
        transport: Transport,
        id: Option<String>,
    ) -> Response<Body> {
        let mut request = request.unwrap_or_else(|error| {
            // Through the router nevertheless: its middleware renders and logs every failure alike.
            let mut refused = Request::new(Body::empty());
            refused.extensions_mut().insert(Refusal::from(error));
            refused
        });
        request.extensions_mut().insert(transport);
        request.extensions_mut().insert(self.meter.clone());
        request.extensions_mut().insert(AnswerLimit(MAX_STREAMED));
        if let Some(id) = id {
            request.extensions_mut().insert(RequestId(id));
        }
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn transport(&self, context: &RequestContext) -> Transport {
        let caller = context
            .authorizer
            .as_ref()
            .and_then(|authorizer| authorizer.iam.as_ref());
        let Some(Iam {
            user_arn: Some(arn),
            user_id,
        }) = caller
        else {
            return Transport::Stranger;
        };
        match &self.edge_role {
            Some(role) if role.is_session(arn) => Transport::Edge,
            _ => Transport::Iam(IamCaller::new(arn, user_id.as_deref())),
        }
    }
}
