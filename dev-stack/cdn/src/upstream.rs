//! What is behind the cache: the origin-request function, the origin itself, the origin-response function.
//!
//! Caching is decided by the caller; the response that comes back is what may be cached.

use std::time::Duration;

use http::Method;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};

use super::body::{self, Body};
use super::distribution::Distribution;
use super::edge::EdgeRuntime;
use super::edge::event::{EdgeOrigin, EdgeRequest, EventConfig, from_event};
use super::edge::verdict::{RequestVerdict, replacement};
use super::forward::strip_origin_answer;
use super::function_response::{generated, revise};
use super::included_body::include_body;
use super::origin::{OriginRequest, Origins};
use super::refusal::Refusal;
use super::upstream_request::UpstreamRequest;
use super::upstream_response::{AnsweredBy, UpstreamResponse, invalid};

/// The way to the origins.
pub(super) struct Upstream {
    pub(super) origins: Origins,
    pub(super) edge: Option<EdgeRuntime>,
    pub(super) distribution_id: String,
    pub(super) domain_name: String,
}

impl Upstream {
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

    /// Sends the request off and waits for the head of the response.
    pub(super) async fn send(&self, sent: UpstreamRequest) -> Result<UpstreamResponse, Refusal> {
        let functions = sent.behaviour.functions;
        let mut request = sent.edge_request();
        let UpstreamRequest {
            request_id,
            method,
            mut body,
            ..
        } = sent;
        if let (Some(edge), true) = (&self.edge, functions.origin_request) {
            if functions.include_body {
                let (shown, rest) = include_body(body).await?;
                request.body = Some(shown);
                body = rest;
            }
            let config = self.event("origin-request", &request_id);
            match edge.origin_request(&config, &request).await? {
                RequestVerdict::Answer(response) => return generated(&response, &method),
                RequestVerdict::Forward(returned) => {
                    let origin = request.origin.take();
                    request = *returned;
                    request.origin = request.origin.or(origin);
                }
            }
        }
        let response = self
            .ask_origin(&request_id, &method, &request, body)
            .await?;
        match (&self.edge, functions.origin_response) {
            (Some(edge), true) => {
                request.body = None;
                let config = self.event("origin-response", &request_id);
                revise(edge, &config, &request, response, &method).await
            }
            _ => Ok(response),
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
    ) -> Result<UpstreamResponse, Refusal> {
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
        Ok(UpstreamResponse {
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
    // S3 wants every x-amz-* header signed, and functions for S3 origins cannot sign what is added after them. Towards
    // Function URLs nothing promises that it is the id of the event, so here it is another.
    if let EdgeOrigin::Custom(custom) = origin {
        let sent = if custom.domain_name.contains(".lambda-url.") {
            HeaderValue::from_str(&request_id.chars().rev().collect::<String>())
        } else {
            HeaderValue::from_str(request_id)
        };
        if let Ok(id) = sent {
            headers.insert("x-amz-cf-id", id);
        }
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
