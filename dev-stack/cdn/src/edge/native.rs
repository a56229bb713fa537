//! The CloudFront adapter linked in: what runs the functions where Node.js is missing.
//!
//! It does what the JavaScript handler does: copies fields of the event to the adapter, and what comes back to the event.
//! What the fields mean is the adapter's, the same for both.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyfront_contract::header;
use keyfront_edge::response::is_transfer_header;
use keyfront_edge::{
    Answer, Cleaned, Edge, Header, OriginRequest, Served, Unassisted, keeps_response_header,
};
use keyfront_edge_cloudfront::adapter;
use keyfront_edge_cloudfront::frame::{Malformed, RequestFields, ResponseFields};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::credentials::EdgeCredentials;
use super::event::{
    EdgeBody, EdgeHeader, EdgeHeaders, EdgeOrigin, EdgeRequest, EdgeResponse, EventConfig,
};
use super::failure::EdgeFailure;
use super::pointer::{give_up, settle};
use super::verdict::RequestVerdict;
use crate::origin::Origins;

/// One edge core for all requests; it signs in microseconds, so they can wait for each other.
pub(crate) struct NativeEdge {
    edge: Arc<Mutex<Edge>>,
    credentials: watch::Receiver<EdgeCredentials>,
    /// Where it asks which release is active.
    origins: Origins,
    /// Held while a question is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Seconds its clock is ahead of the machine's.
    ahead: i64,
}

impl NativeEdge {
    pub(crate) fn new(
        credentials: watch::Receiver<EdgeCredentials>,
        origins: Origins,
        ahead: i64,
    ) -> Self {
        Self {
            edge: Arc::default(),
            credentials,
            origins,
            turn: Arc::default(),
            ahead,
        }
    }

    pub(crate) async fn origin_request(
        &self,
        config: &EventConfig,
        request: &EdgeRequest,
    ) -> Result<RequestVerdict, EdgeFailure> {
        let texts = RequestTexts::of(request)?;
        let credentials = self.credentials.borrow().clone();
        let now = unix_seconds(SystemTime::now())
            .ok_or_else(|| EdgeFailure::Threw("the clock is before 1970".to_owned()))?;
        let now = now.saturating_add(self.ahead).to_string();
        let expires_at = credentials.expires_at.and_then(unix_seconds);
        let expires_at = expires_at.map_or_else(String::new, |at| at.to_string());
        let fields = RequestFields {
            now: &now,
            access_key_id: &credentials.access_key_id,
            secret_access_key: &credentials.secret_access_key,
            session_token: credentials.session_token.as_deref().unwrap_or_default(),
            expires_at: &expires_at,
            request_id: &config.request_id,
            ..texts.fields(request)
        };
        Ok(match self.serve(&fields).await {
            Ok(Served::Ask(_)) => {
                return Err(EdgeFailure::Threw(
                    "the pointer was asked for in vain".to_owned(),
                ));
            }
            Ok(Served::Forward(signed)) => RequestVerdict::Forward(Box::new(sent(request, signed))),
            Ok(Served::Answer { answer, log }) => own(&answer, log),
            Err(malformed) => {
                let (answer, log) = adapter::event_invalid(malformed);
                own(&answer, log)
            }
        })
    }

    /// Serves once more after a question, or when it has waited long enough for the answer.
    async fn serve(&self, fields: &RequestFields<'_>) -> Result<Served, Malformed> {
        let question = match self.served(fields)? {
            Served::Ask(question) => question,
            served => return Ok(served),
        };
        let wait = Duration::from_millis(question.wait().into());
        match tokio::time::timeout(wait, self.asked(fields)).await {
            Ok(asked) => asked?,
            Err(_) => give_up(&self.edge, &question),
        }
        self.served(fields)
    }

    /// Asks when no other question is under way: another's answer may be enough.
    async fn asked(&self, fields: &RequestFields<'_>) -> Result<(), Malformed> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Served::Ask(question) = self.served(fields)? {
            let edge = Arc::clone(&self.edge);
            settle(self.origins.clone(), edge, question, turn).await;
        }
        Ok(())
    }

    fn served(&self, fields: &RequestFields<'_>) -> Result<Served, Malformed> {
        let mut edge = self.edge.lock().unwrap_or_else(PoisonError::into_inner);
        adapter::serve(&mut edge, fields, &mut Unassisted)
    }

    pub(crate) fn origin_response(
        config: &EventConfig,
        request: &EdgeRequest,
        response: &EdgeResponse,
    ) -> EdgeResponse {
        let cleaned = adapter::clean_response(&ResponseFields {
            request_id: &config.request_id,
            method: &request.method,
            uri: &request.uri,
            querystring: &request.querystring,
            signed_at: first(&request.headers, "x-amz-date").unwrap_or_default(),
            facts: first(&request.headers, header::RESPONSE_FACTS).unwrap_or_default(),
            status: &response.status,
            header_count: "",
            header_names: "",
            headers: &lines(&response.headers),
        });
        match cleaned {
            Ok((route, Cleaned::Pass { headers })) => {
                let kept = kept(&response.headers, |name| keeps_response_header(route, name));
                let mut passed = overlaid(kept, &headers);
                // One without a value leaves out the origin's.
                for header in headers.iter().filter(|header| header.value.is_empty()) {
                    passed.remove(header.name);
                }
                EdgeResponse {
                    headers: passed,
                    ..response.clone()
                }
            }
            Ok((_, Cleaned::Answer { answer, log })) => EdgeResponse {
                // An empty body as well: without one CloudFront would send on the origin's.
                body: Some(answer.body.clone()),
                ..answered(&answer, log, kept(&response.headers, is_transfer_header))
            },
            Err(malformed) => {
                let (answer, log) = adapter::event_invalid(malformed);
                answered(&answer, log, EdgeHeaders::new())
            }
        }
    }
}

/// What of an event must be written anew to become fields of the adapter.
struct RequestTexts {
    origin: String,
    domain: String,
    body: String,
    headers: String,
}

impl RequestTexts {
    fn of(request: &EdgeRequest) -> Result<Self, EdgeFailure> {
        let origin = request.origin.as_ref();
        Ok(Self {
            origin: match origin {
                Some(EdgeOrigin::Custom(_)) => "custom".to_owned(),
                Some(EdgeOrigin::S3(s3)) => format!("s3:{}", s3.auth_method),
                None => String::new(),
            },
            domain: origin.map_or_else(String::new, |origin| {
                format!("{}{}", origin.domain_name(), origin.path())
            }),
            body: body_hash(request.body.as_ref())?,
            headers: lines(&request.headers),
        })
    }

    /// All fields but those of the invocation.
    fn fields<'a>(&'a self, request: &'a EdgeRequest) -> RequestFields<'a> {
        RequestFields {
            now: "",
            access_key_id: "",
            secret_access_key: "",
            session_token: "",
            expires_at: "",
            site: request.origin.as_ref().map_or("", site),
            origin: &self.origin,
            domain: &self.domain,
            request_id: "",
            method: &request.method,
            uri: &request.uri,
            querystring: &request.querystring,
            body: &self.body,
            header_count: "",
            header_names: "",
            headers: &self.headers,
        }
    }
}

/// The request as the edge changed it.
fn sent(request: &EdgeRequest, signed: OriginRequest) -> EdgeRequest {
    let keeps = |name: &str| signed.keeps(name);
    let mut origin = request.origin.clone();
    if let Some(origin) = &mut origin {
        origin.custom_headers_mut().remove(header::SITE);
    }
    EdgeRequest {
        headers: overlaid(kept(&request.headers, keeps), &signed.headers),
        uri: signed.path,
        querystring: signed.query,
        origin,
        ..request.clone()
    }
}

fn own(answer: &Answer, log: Option<String>) -> RequestVerdict {
    RequestVerdict::Answer(Box::new(answered(answer, log, EdgeHeaders::new())))
}

fn unix_seconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// As the adapter reads it: nothing for a body that the event does not show, `truncated`, or the hash.
fn body_hash(body: Option<&EdgeBody>) -> Result<String, EdgeFailure> {
    match body {
        None => Ok(String::new()),
        Some(body) if body.input_truncated => Ok("truncated".to_owned()),
        Some(body) => STANDARD
            .decode(&body.data)
            .map(|bytes| hex::encode(Sha256::digest(bytes)))
            .map_err(|_| EdgeFailure::Threw("the event's body is not base64".to_owned())),
    }
}

fn site(origin: &EdgeOrigin) -> &str {
    first(origin.custom_headers(), header::SITE).unwrap_or_default()
}

fn first<'a>(headers: &'a EdgeHeaders, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .first()
        .map(|header| header.value.as_str())
}

/// Name and value of every header line, as the adapter reads lists; HTTP allows no line feed in either.
fn lines(headers: &EdgeHeaders) -> String {
    let lines = headers.iter().flat_map(|(name, lines)| {
        lines
            .iter()
            .flat_map(move |line| [name.as_str(), line.value.as_str()])
    });
    lines.collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
mod tests;
