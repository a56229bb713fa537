//! A request on its way to an origin, before any function has seen it.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Method, Request};

use super::body::{self, Body};
use super::distribution::Behaviour;
use super::edge::event::{EdgeOrigin, EdgeRequest, to_event};

/// A request about to be sent to an origin.
pub(super) struct UpstreamRequest {
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

impl UpstreamRequest {
    /// The same request once more. For methods without a body.
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

    /// The request as the cache evaluates it. Its key is compared elsewhere, so the target does not matter here.
    pub(super) fn for_cache(&self) -> http::request::Parts {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        request.into_parts().0
    }

    pub(super) fn edge_request(&self) -> EdgeRequest {
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
