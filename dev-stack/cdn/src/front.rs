//! A viewer's request: limits, behaviour, methods, signature, then the cache or the way past it; and what CloudFront
//! writes on every answer.
//!
//! Connections and TLS are `keyfront_dev_ground::listener`'s.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use http::header::{HOST, HeaderMap, HeaderValue, IF_MATCH, IF_UNMODIFIED_SINCE, VIA};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use keyfront_viewers::VerifiedClaims;

use super::body::{self, Body};
use super::cache::Cache;
use super::cache_lock::CacheLocks;
use super::deliver::Delivery;
use super::distribution::{Behaviour, Distribution};
use super::edge::verdict::URL_LIMIT;
use super::forward::{Viewer, origin_query, origin_request_headers, via};
use super::refusal::Refusal;
use super::replay::{replay, set_age};
use super::store::{CacheKey, Store};
use super::upstream::Upstream;
use super::upstream_request::UpstreamRequest;
use super::upstream_response::{AnsweredBy, UpstreamResponse};
use super::viewer_request::ViewerRequest;
use super::viewer_signature::{take_credentials_off, verify};

/// How long the headers of a request may take.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Above CloudFront's own limits, so that exceeding those gets CloudFront's answer.
pub(super) const READ_BUFFER: u32 = 128 * 1024;
const HEADERS_LIMIT: usize = 32_768;
const POP: HeaderValue = HeaderValue::from_static("LOC50-C1");

/// Signatures of viewers that are remembered.
const REMEMBERED: usize = 64;

const MISS: HeaderValue = HeaderValue::from_static("Miss from cloudfront");
const HIT: HeaderValue = HeaderValue::from_static("Hit from cloudfront");
const REFRESH_HIT: HeaderValue = HeaderValue::from_static("RefreshHit from cloudfront");
const ERROR: HeaderValue = HeaderValue::from_static("Error from cloudfront");
const GENERATED: HeaderValue = HeaderValue::from_static("LambdaGeneratedResponse from cloudfront");

/// The whole CDN behind its listener.
pub(super) struct Front {
    pub(super) behaviours: Vec<Arc<Behaviour>>,
    pub(super) cache: Arc<Cache>,
    /// The name in `Via`.
    pub(super) name: String,
    /// The signatures of viewers that were verified lately.
    pub(super) verified: Mutex<VerifiedClaims>,
}

impl Front {
    /// Before these origins, with nothing verified yet.
    pub(super) fn new(distribution: Distribution, store: Store, upstream: Upstream) -> Self {
        let behaviours = distribution.behaviours.iter().cloned();
        Self {
            behaviours: behaviours.map(Arc::new).collect(),
            name: format!("{:032x}.cloudfront.net", uuid::Uuid::new_v4().as_u128()),
            verified: Mutex::new(VerifiedClaims::new(REMEMBERED)),
            cache: Arc::new(Cache {
                store,
                locks: Arc::new(CacheLocks::default()),
                upstream,
                distribution,
            }),
        }
    }

    /// Answers one request of a viewer.
    pub(super) async fn answer(&self, request: Request<Incoming>, ip: IpAddr) -> Response<Body> {
        let request_id = request_id();
        let (parts, incoming) = request.into_parts();
        let mut viewer_request = ViewerRequest::of(parts, ip);
        let has_body = !incoming.is_end_stream();
        let body = body::from_viewer(incoming, viewer_request.version);
        let mut answer = match self.admit(&mut viewer_request, has_body) {
            Ok(behaviour) => {
                self.serve(&viewer_request, behaviour, &request_id, body)
                    .await
            }
            Err(refusal) => Err(refusal),
        }
        .unwrap_or_else(|refusal| refusal.answer(&request_id));
        let status = answer.status();
        if let Some(page) = self.error_page(&viewer_request, status, &request_id).await {
            answer = page;
        }
        if viewer_request.method == Method::HEAD {
            *answer.body_mut() = body::empty();
        }
        self.sign_off(answer.headers_mut(), &request_id);
        tracing::debug!(
            request_id,
            method = %viewer_request.method,
            path = viewer_request.path,
            status = answer.status().as_u16(),
            x_cache = ?answer.headers().get("x-cache"),
            "answered"
        );
        answer
    }

    /// The behaviour of a request that may go on, without the signature that opened it.
    fn admit(
        &self,
        viewer_request: &mut ViewerRequest,
        has_body: bool,
    ) -> Result<Arc<Behaviour>, Refusal> {
        if !viewer_request.path.starts_with('/') {
            return Err(Refusal::TargetInvalid);
        }
        let host = viewer_request.host().ok_or(Refusal::HostInvalid)?;
        if viewer_request.path.len() + viewer_request.query.as_ref().map_or(0, |q| q.len() + 1)
            >= URL_LIMIT
        {
            return Err(Refusal::UrlTooLong);
        }
        let lines = viewer_request.headers.iter();
        let header_bytes: usize = lines.map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        if header_bytes > HEADERS_LIMIT {
            return Err(Refusal::HeadersTooLong);
        }
        let behaviour = self.behaviour_of(&viewer_request.path);
        let behaviour = behaviour.ok_or(Refusal::TargetInvalid)?;
        if !behaviour.methods.allow(&viewer_request.method) {
            return Err(Refusal::MethodNotAllowed);
        }
        if matches!(viewer_request.method, Method::GET | Method::HEAD) && has_body {
            return Err(Refusal::BodyNotAllowed);
        }
        if !behaviour.trusted_keys.is_empty() {
            let now = SystemTime::now();
            let keys = &behaviour.trusted_keys;
            verify(viewer_request, host, keys, &self.verified, now).map_err(Refusal::Unsigned)?;
            take_credentials_off(viewer_request);
        }
        Ok(Arc::clone(behaviour))
    }

    fn behaviour_of(&self, path: &str) -> Option<&Arc<Behaviour>> {
        let path = keyfront_cloudformation::path_pattern::normalised(path);
        let mut behaviours = self.behaviours.iter();
        behaviours.find(|behaviour| behaviour.path_pattern.matches(&path))
    }

    /// The page that stands in for an answer of its status, whichever behaviour that is of; nothing, if the page cannot be
    /// read either.
    async fn error_page(
        &self,
        viewer_request: &ViewerRequest,
        status: StatusCode,
        request_id: &str,
    ) -> Option<Response<Body>> {
        let path = self.cache.distribution.error_pages.get(&status.as_u16())?;
        let behaviour = Arc::clone(self.behaviour_of(path)?);
        if !behaviour.trusted_keys.is_empty() {
            tracing::warn!(path, "an error page that needs a signature is not shown");
            return None;
        }
        let page_request = ViewerRequest {
            method: Method::GET,
            version: viewer_request.version,
            ip: viewer_request.ip,
            authority: None,
            path: path.clone(),
            query: None,
            headers: HeaderMap::new(),
        };
        let served = self.serve(&page_request, behaviour, request_id, body::empty());
        let mut page = served
            .await
            .ok()
            .filter(|page| page.status().is_success())?;
        *page.status_mut() = status;
        page.headers_mut().insert("x-cache", ERROR);
        Some(page)
    }

    async fn serve(
        &self,
        viewer_request: &ViewerRequest,
        behaviour: Arc<Behaviour>,
        request_id: &str,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let viewer = Viewer {
            method: &viewer_request.method,
            version: viewer_request.version,
            ip: viewer_request.ip,
            headers: &viewer_request.headers,
        };
        let mut headers = origin_request_headers(&viewer, &behaviour, &self.name);
        headers.remove(HOST);
        let key = cache_key(viewer_request, &behaviour);
        let request = UpstreamRequest {
            request_id: request_id.to_owned(),
            client_ip: viewer_request.ip,
            method: viewer_request.method.clone(),
            path: viewer_request.path.clone(),
            query: origin_query(viewer_request.query.as_deref(), &behaviour),
            headers,
            body,
            behaviour,
        };
        let delivery = match key {
            Some(key) => self.cache.deliver(key, request).await?,
            None => Delivery::Streamed(self.cache.upstream.send(request).await?),
        };
        Ok(respond(delivery, viewer_request))
    }

    fn sign_off(&self, headers: &mut HeaderMap, request_id: &str) {
        if let Ok(value) = HeaderValue::from_str(&via(Version::HTTP_11, &self.name)) {
            headers.append(VIA, value);
        }
        if let Ok(value) = HeaderValue::from_str(request_id) {
            headers.insert("x-amz-cf-id", value);
        }
        headers.insert("x-amz-cf-pop", POP);
    }
}

/// `If-Match` and `If-Unmodified-Since` are for origins only (RFC 9110 section 13.1.1), so they go past the cache.
fn cache_key(viewer_request: &ViewerRequest, behaviour: &Behaviour) -> Option<CacheKey> {
    let for_the_origin = [IF_MATCH, IF_UNMODIFIED_SINCE];
    if !behaviour.cache.is_enabled()
        || for_the_origin
            .iter()
            .any(|name| viewer_request.headers.contains_key(name))
    {
        return None;
    }
    CacheKey::of(
        &viewer_request.method,
        &viewer_request.path,
        viewer_request.query.as_deref(),
        &viewer_request.headers,
        behaviour,
    )
}

fn respond(delivery: Delivery, viewer_request: &ViewerRequest) -> Response<Body> {
    let now = SystemTime::now();
    let (stored, x_cache, aged) = match delivery {
        Delivery::Streamed(answer) => return stream(answer),
        Delivery::Hit(stored) => (stored, HIT, true),
        Delivery::Confirmed(stored) => (stored, REFRESH_HIT, true),
        Delivery::Stored(stored, AnsweredBy::Origin) => (stored, MISS, false),
        Delivery::Stored(stored, AnsweredBy::Function) => (stored, GENERATED, false),
    };
    let mut answer = replay(&stored, &viewer_request.method, &viewer_request.headers);
    if aged {
        set_age(&mut answer, &stored, now);
    }
    let failed = stored.status.as_u16() >= 400 && x_cache != GENERATED;
    let x_cache = if failed { ERROR } else { x_cache };
    answer.headers_mut().insert("x-cache", x_cache);
    answer
}

fn stream(answer: UpstreamResponse) -> Response<Body> {
    let x_cache = match answer.by {
        AnsweredBy::Function => GENERATED,
        AnsweredBy::Origin if answer.status.as_u16() >= 400 => ERROR,
        AnsweredBy::Origin => MISS,
    };
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.headers_mut().insert("x-cache", x_cache);
    response
}

/// 56 characters, as CloudFront's.
fn request_id() -> String {
    let mut bytes = [0; 40];
    match getrandom::fill(&mut bytes) {
        Ok(()) => URL_SAFE.encode(bytes),
        // Ids tell requests apart and protect nothing, so a weaker source will do.
        Err(_) => URL_SAFE.encode(format!("{:0>40}", uuid::Uuid::new_v4().simple())),
    }
}
