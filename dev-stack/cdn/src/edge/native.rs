//! The edge core linked in: what runs the functions where Node.js is missing.
//!
//! Converts events to the core's values and back, as the Lambda@Edge glue does. No rule lives here.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyfront_edge::response::is_transfer_header;
use keyfront_edge::{
    Answer, AnsweredRequest, Cleaned, Connection, Edge, Header, Invocation, OriginResponse,
    RequestBody, ResponseFacts, RoleCredentials, Served, ViewerRequest, clean,
    keeps_response_header,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::credentials::EdgeCredentials;
use super::event::{
    EdgeBody, EdgeHeader, EdgeHeaders, EdgeOrigin, EdgeRequest, EdgeResponse, EventConfig,
};
use super::failure::EdgeFailure;
use super::verdict::RequestVerdict;

const SITE_HEADER: &str = "x-keyfront-site";
const FACTS_HEADER: &str = "x-keyfront-response";

/// One edge core for all requests; it signs in microseconds, so they can wait for each other.
pub(crate) struct NativeEdge {
    edge: Mutex<Edge>,
    credentials: watch::Receiver<EdgeCredentials>,
    /// Seconds its clock is ahead of the machine's.
    ahead: i64,
}

impl NativeEdge {
    pub(crate) fn new(credentials: watch::Receiver<EdgeCredentials>, ahead: i64) -> Self {
        Self {
            edge: Mutex::new(Edge::new()),
            credentials,
            ahead,
        }
    }

    pub(crate) fn origin_request(
        &self,
        config: &EventConfig,
        request: &EdgeRequest,
    ) -> Result<RequestVerdict, EdgeFailure> {
        let malformed = |what: &str| EdgeFailure::Threw(what.to_owned());
        let origin = request
            .origin
            .as_ref()
            .ok_or_else(|| malformed("the event has no origin"))?;
        let headers = pairs(&request.headers);
        let body = body_hash(request.body.as_ref()).map_err(malformed)?;
        let viewer = ViewerRequest {
            method: &request.method,
            path: &request.uri,
            query: &request.querystring,
            headers: &headers,
            body: match &body {
                BodyHash::NotShown => RequestBody::declared(&headers),
                BodyHash::Truncated => RequestBody::Unseen,
                BodyHash::Of(hash) => RequestBody::Sha256Hex(hash),
            },
            request_id: &config.request_id,
        };
        let now =
            unix_seconds(SystemTime::now()).ok_or_else(|| malformed("the clock is before 1970"))?;
        let credentials = self.credentials.borrow().clone();
        let domain = format!("{}{}", origin.domain_name(), origin.path());
        let invocation = Invocation {
            now: now.saturating_add(self.ahead),
            credentials: RoleCredentials {
                access_key_id: &credentials.access_key_id,
                secret_access_key: &credentials.secret_access_key,
                session_token: credentials.session_token.as_deref().unwrap_or_default(),
                expires_at: credentials.expires_at.and_then(unix_seconds),
            },
            site: site(origin).as_bytes(),
            connection: Connection {
                domain: Some(&domain),
                cf_id: matches!(origin, EdgeOrigin::Custom(_)).then_some(&config.request_id),
            },
        };
        let mut edge = self.edge.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match edge.serve(&viewer, &invocation) {
            Served::Answer { answer, log } => {
                RequestVerdict::Answer(Box::new(answered(&answer, log, EdgeHeaders::new())))
            }
            Served::Forward(signed) => {
                let keeps = |name: &str| keyfront_edge::keeps_request_header(signed.route, name);
                let mut origin = origin.clone();
                origin.custom_headers_mut().remove(SITE_HEADER);
                RequestVerdict::Forward(Box::new(EdgeRequest {
                    headers: overlaid(kept(&request.headers, keeps), &signed.headers),
                    uri: signed.path,
                    querystring: signed.query,
                    origin: Some(origin),
                    ..request.clone()
                }))
            }
        })
    }

    pub(crate) fn origin_response(
        config: &EventConfig,
        request: &EdgeRequest,
        response: &EdgeResponse,
    ) -> Result<EdgeResponse, EdgeFailure> {
        let facts = ResponseFacts::read(first(&request.headers, FACTS_HEADER));
        let answered_request = AnsweredRequest {
            method: &request.method,
            request_id: &config.request_id,
            signed_at: first(&request.headers, "x-amz-date"),
            facts: &facts,
        };
        let origin_response = OriginResponse {
            status: response
                .status
                .parse()
                .map_err(|_| EdgeFailure::Threw("the status is not a number".into()))?,
            headers: &pairs(&response.headers),
            error_body: None,
        };
        Ok(match clean(&answered_request, &origin_response) {
            Cleaned::Pass { headers } => EdgeResponse {
                headers: overlaid(
                    kept(&response.headers, |name| {
                        keeps_response_header(facts.route, name)
                    }),
                    &headers,
                ),
                ..response.clone()
            },
            Cleaned::Answer { answer, log } => {
                answered(&answer, log, kept(&response.headers, is_transfer_header))
            }
        })
    }
}

fn unix_seconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

enum BodyHash {
    NotShown,
    Truncated,
    Of(String),
}

fn body_hash(body: Option<&EdgeBody>) -> Result<BodyHash, &'static str> {
    match body {
        None => Ok(BodyHash::NotShown),
        Some(body) if body.input_truncated => Ok(BodyHash::Truncated),
        Some(body) => STANDARD
            .decode(&body.data)
            .map(|bytes| BodyHash::Of(hex::encode(Sha256::digest(bytes))))
            .map_err(|_| "the event's body is not base64"),
    }
}

fn site(origin: &EdgeOrigin) -> &str {
    first(origin.custom_headers(), SITE_HEADER).unwrap_or_default()
}

fn first<'a>(headers: &'a EdgeHeaders, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .first()
        .map(|header| header.value.as_str())
}

fn pairs(headers: &EdgeHeaders) -> Vec<(&str, &str)> {
    headers
        .iter()
        .flat_map(|(name, lines)| {
            lines
                .iter()
                .map(move |line| (name.as_str(), line.value.as_str()))
        })
        .collect()
}

fn kept(headers: &EdgeHeaders, keeps: impl Fn(&str) -> bool) -> EdgeHeaders {
    headers
        .iter()
        .filter(|(name, _)| keeps(name))
        .map(|(name, lines)| (name.clone(), lines.clone()))
        .collect()
}

fn overlaid(mut headers: EdgeHeaders, over: &[Header]) -> EdgeHeaders {
    for Header { name, value } in over {
        let line = EdgeHeader {
            key: Some((*name).to_owned()),
            value: value.to_string(),
        };
        headers.insert((*name).to_owned(), vec![line]);
    }
    headers
}

fn answered(answer: &Answer, log: Option<String>, kept: EdgeHeaders) -> EdgeResponse {
    if let Some(log) = log {
        tracing::info!(target: "keyfront::edge", "{log}");
    }
    let body = (!answer.body.is_empty()).then(|| answer.body.clone());
    EdgeResponse {
        status: answer.status.to_string(),
        status_description: answer.reason().to_owned(),
        headers: overlaid(kept, &answer.headers),
        body_encoding: body.as_ref().map(|_| "text".into()),
        body,
    }
}
