//! Function URL events (payload format 2.0) to requests of the router. Its responses are streamed back.
//!
//! The conversion is this crate's own because the general one panics on a `+` in a query, which
//! Lambda hands over as a raw space, and resolves dot segments before anyone can refuse them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{
    credentials::Transport, middleware::RequestId, read::AnswerLimit, refusal::Refusal,
    routes::router,
};
use crate::{config::RoleArn, error::Error, operate::Meter, origin::Origin, publisher::IamCaller};

/// Bytes one response of the reader may have: Lambda ends a streamed one at 200 MB.
const MAX_STREAMED: u64 = 190_000_000;

/// The parts of an event that matter. [`FunctionUrl::answer`] refuses an event without those it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The path as it was sent, percent-encoded.
    #[serde(default, deserialize_with = "nullable")]
    pub raw_path: String,
    /// The query without `?`; a `+` of the wire is a space here.
    #[serde(default, deserialize_with = "nullable")]
    pub raw_query_string: String,
    /// Headers; repeated ones joined by comma.
    #[serde(default, deserialize_with = "nullable")]
    pub headers: BTreeMap<String, String>,
    /// Who called, and how.
    #[serde(default, deserialize_with = "nullable")]
    pub request_context: RequestContext,
    /// The body, as text or base64.
    pub body: Option<String>,
    /// Whether the body is base64.
    #[serde(default, deserialize_with = "nullable")]
    pub is_base64_encoded: bool,
}

/// `requestContext` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The id of the invocation's request.
    pub request_id: Option<String>,
    /// The HTTP request line.
    #[serde(default, deserialize_with = "nullable")]
    pub http: Http,
    /// Whom AWS verified.
    pub authorizer: Option<Authorizer>,
}

/// `requestContext.http` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// The method.
    #[serde(default, deserialize_with = "nullable")]
    pub method: String,
}

/// `requestContext.authorizer` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorizer {
    /// Present if the URL demands IAM and the signature was good.
    pub iam: Option<Iam>,
}

/// `requestContext.authorizer.iam` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Iam {
    /// The caller's ARN; `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` for a role.
    pub user_arn: Option<String>,
    /// The caller's unique id, followed by `:SESSION` for a role.
    pub user_id: Option<String>,
}

/// The API behind a Function URL. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FunctionUrl {
    router: Router,
    edge_role: Option<RoleArn>,
    meter: Meter,
}

impl FunctionUrl {
    /// Serves `origin`; publishers' tokens are believed from sessions of `edge_role` only. Every other
    /// IAM principal speaks for itself.
    pub fn new(origin: Arc<Origin>, edge_role: Option<RoleArn>) -> Self {
        Self {
            meter: Meter::new(origin.store.bucket().as_str()),
            router: router(origin),
            edge_role,
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
        self.respond(request_of(event), transport, id).await
    }

    /// Answers whatever JSON the function was invoked with.
    pub async fn answer_json(&self, event: Value) -> Response<Body> {
        match serde_json::from_value(event) {
            Ok(event) => self.answer(event).await,
            Err(_) => {
                let error = Error::Event("it does not have the payload format 2.0");
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

/// Absent and `null` are the same: hosts differ in which of them they write.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn request_of(event: Event) -> Result<Request<Body>, Error> {
    let method = event.request_context.http.method;
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| Error::Event("no usable method"))?;
    let headers = headers_of(&event.headers)?;
    let body = match (event.body, event.is_base64_encoded) {
        (None, _) => Vec::new(),
        (Some(text), false) => text.into_bytes(),
        (Some(text), true) => STANDARD
            .decode(text)
            .map_err(|_| Error::Event("the body is not base64"))?,
    };
    let mut request = Request::new(Body::from(body));
    *request.uri_mut() = uri_of(event.raw_path, &event.raw_query_string)?;
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    Ok(request)
}

fn uri_of(mut target: String, query: &str) -> Result<Uri, Error> {
    if !target.starts_with('/') {
        return Err(Error::Event("no path"));
    }
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query.replace(' ', "+"));
    }
    Uri::try_from(target).map_err(|_| Error::Event("no usable path or query"))
}

fn headers_of(event: &BTreeMap<String, String>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(event.len());
    for (name, value) in event {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Error::Event("a header is not usable"));
        };
        headers.append(name, value);
    }
    Ok(headers)
}
