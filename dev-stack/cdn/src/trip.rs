//! One trip to the origin: the origin-request function, the origin itself, the origin-response function.
//!
//! Caching is decided by whoever sends it off; the answer that comes back is what may be cached.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, StatusCode};

use super::body::{self, Body};
use super::distribution::{Behaviour, Distribution};
use super::edge::event::{EdgeOrigin, EdgeRequest, EventConfig, from_event, to_event};
use super::edge::verdict::{RequestVerdict, replacement};
use super::edge::{EdgeFailure, EdgeRuntime};
use super::forward::strip_origin_answer;
use super::function_answer::{generated, revise};
use super::included_body::include_body;
use super::origin::{OriginRequest, Origins};
use super::refusal::Refusal;

/// A request about to be sent to an origin.
pub(super) struct Trip {
    pub(super) request_id: String,
    pub(super) behaviour: Arc<Behaviour>,
    pub(super) client_ip: IpAddr,
    pub(super) method: Method,
    /// The viewer's raw path.
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// Without `Host`.
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Trip {
    /// The same trip once more. For methods without a body.
    pub(super) fn again(&self) -> Self {
        Self {
            request_id: self.request_id.clone(),
            behaviour: Arc::clone(&self.behaviour),
            client_ip: self.client_ip,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: body::empty(),
        }
    }

    /// The request as the cache judges it. Its key is compared elsewhere, so the target does not matter here.
    pub(super) fn judged(&self) -> http::request::Parts {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        request.into_parts().0
    }

    fn edge_request(&self) -> EdgeRequest {
        let origin = &self.behaviour.origin;
        let mut headers = self.headers.clone();
        if let Ok(host) = HeaderValue::from_str(&origin.domain_name) {
            headers.insert(HOST, host);
        }
        EdgeRequest {
            client_ip: self.client_ip.to_string(),
            method: self.method.to_string(),
            uri: self.path.clone(),
            querystring: self.query.clone().unwrap_or_default(),
            headers: to_event(&headers),
            body: None,
            origin: Some(EdgeOrigin::of(origin)),
        }
    }
}

/// Who made an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnsweredBy {
    /// The origin, perhaps changed by the origin-response function.
    Origin,
    /// The origin-request function, in the origin's place.
    Function,
}

/// What came back.
pub(super) struct OriginAnswer {
    pub(super) by: AnsweredBy,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// The way to the origins.
pub(super) struct Route {
    pub(super) origins: Origins,
    pub(super) edge: Option<EdgeRuntime>,
    pub(super) distribution_id: String,
    pub(super) domain_name: String,
}

impl Route {
    pub(super) fn new(
        distribution: &Distribution,
        origins: Origins,
        edge: Option<EdgeRuntime>,
    ) -> Self {
        Self {
            origins,
            edge,
            distribution_id: distribution.id.clone(),
            domain_name: distribution.domain_name.clone(),
        }
    }

    /// Sends the trip off and waits for the head of the answer.
    pub(super) async fn travel(&self, trip: Trip) -> Result<OriginAnswer, Refusal> {
        let functions = trip.behaviour.functions;
        let mut request = trip.edge_request();
        let mut body = trip.body;
        if let (Some(edge), true) = (&self.edge, functions.origin_request) {
            if functions.include_body {
                let (shown, rest) = include_body(body).await?;
                request.body = Some(shown);
                body = rest;
            }
            let config = self.event("origin-request", &trip.request_id);
            match edge.origin_request(&config, &request).await? {
                RequestVerdict::Answer(response) => return generated(&response, &trip.method),
                RequestVerdict::Forward(returned) => {
                    let origin = request.origin.take();
                    request = *returned;
                    request.origin = request.origin.or(origin);
                }
            }
        }
        let answer = self
            .ask_origin(&trip.request_id, &trip.method, &request, body)
            .await?;
        match (&self.edge, functions.origin_response) {
            (Some(edge), true) => {
                request.body = None;
                let config = self.event("origin-response", &trip.request_id);
                revise(edge, &config, &request, answer, &trip.method).await
            }
            _ => Ok(answer),
        }
    }

    fn event(&self, event_type: &'static str, request_id: &str) -> EventConfig {
        EventConfig {
            distribution_domain_name: self.domain_name.clone(),
            distribution_id: self.distribution_id.clone(),
            event_type,
            request_id: request_id.to_owned(),
        }
    }

    async fn ask_origin(
        &self,
        request_id: &str,
        method: &Method,
        request: &EdgeRequest,
        body: Body,
    ) -> Result<OriginAnswer, Refusal> {
        let Some(origin) = &request.origin else {
            return Err(invalid("the request has no origin"));
        };
        let (headers, body) = outgoing(request_id, request, origin, body)?;
        let mut target = format!("{}{}", origin.path(), request.uri);
        if !request.querystring.is_empty() {
            target.push('?');
            target.push_str(&request.querystring);
        }
        let read_timeout = Duration::from_secs(origin.read_timeout());
        let answer = self
            .origins
            .send(OriginRequest {
                domain_name: origin.domain_name(),
                method: method.clone(),
                target: &target,
                headers,
                body,
                read_timeout,
            })
            .await?;
        let (head, incoming) = answer.into_parts();
        let mut headers = head.headers;
        strip_origin_answer(&mut headers);
        Ok(OriginAnswer {
            by: AnsweredBy::Origin,
            status: head.status,
            headers,
            body: body::from_origin(incoming, read_timeout),
        })
    }
}

/// The headers and the body as they go on the wire.
fn outgoing(
    request_id: &str,
    request: &EdgeRequest,
    origin: &EdgeOrigin,
    body: Body,
) -> Result<(HeaderMap, Body), Refusal> {
    let bad_header = |name: &str| invalid(&format!("the header `{name}` is not valid"));
    let mut headers = from_event(&request.headers).map_err(bad_header)?;
    for (name, value) in &from_event(origin.custom_headers()).map_err(bad_header)? {
        headers.append(name.clone(), value.clone());
    }
    if !headers.contains_key(HOST) {
        let host = HeaderValue::from_str(origin.domain_name()).map_err(|_| bad_header("host"))?;
        headers.insert(HOST, host);
    }
    // S3 wants every x-amz-* header signed, and functions for S3 origins cannot sign what is added after them.
    if let (EdgeOrigin::Custom(_), Ok(id)) = (origin, HeaderValue::from_str(request_id)) {
        headers.insert("x-amz-cf-id", id);
    }
    let replaced = match &request.body {
        Some(body) => replacement(body).map_err(|reason| invalid(&reason))?,
        None => None,
    };
    Ok(match replaced {
        None => (headers, body),
        Some(bytes) => {
            headers.remove(TRANSFER_ENCODING);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            (headers, body::full(bytes))
        }
    })
}

pub(super) fn invalid(reason: &str) -> Refusal {
    Refusal::Function(EdgeFailure::Invalid(reason.to_owned()))
}
