//! The question which release of a site is active, as the linked-in edge asks it.
//!
//! It sends what was signed and reads a short answer; what the answer means is the core's.

use std::time::Duration;

use http::Method;
use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Limited};
use keyfront_edge::{PointerAnswer, PointerQuestion};

use crate::body;
use crate::origin::{OriginRequest, Origins};

/// From then on the last known pointer serves.
const TIMEOUT: Duration = Duration::from_millis(500);
/// A longer answer is no pointer.
const LONGEST: usize = 65_536;

/// What the bucket answered; nothing if there was no answer in time.
#[derive(Default)]
pub(super) struct Answered {
    status: u16,
    etag: String,
    body: String,
}

impl Answered {
    /// As the core takes it.
    pub(super) fn of<'a>(&'a self, question: &'a PointerQuestion) -> PointerAnswer<'a> {
        PointerAnswer {
            host: &question.request.host,
            path: &question.request.path,
            asked_at: question.asked_at,
            status: self.status,
            etag: &self.etag,
            body: &self.body,
        }
    }
}

/// Asks the bucket.
pub(super) async fn answer_of(origins: &Origins, question: &PointerQuestion) -> Answered {
    match tokio::time::timeout(TIMEOUT, ask(origins, question)).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(reason)) => {
            tracing::info!(target: "keyfront::edge", "keyfront release-unknown: {reason}");
            Answered::default()
        }
        Err(_) => {
            tracing::info!(target: "keyfront::edge", "keyfront release-unknown: no answer within {TIMEOUT:?}");
            Answered::default()
        }
    }
}

async fn ask(origins: &Origins, question: &PointerQuestion) -> Result<Answered, String> {
    let request = &question.request;
    let mut headers = HeaderMap::new();
    for header in &request.headers {
        let value = HeaderValue::from_str(&header.value).map_err(|cause| cause.to_string())?;
        headers.insert(HeaderName::from_static(header.name), value);
    }
    let domain_name = request.host.split(':').next().unwrap_or_default();
    let answer = origins.send(OriginRequest {
        domain_name,
        method: Method::GET,
        target: &request.path,
        headers,
        body: body::empty(),
        read_timeout: TIMEOUT,
    });
    let (head, incoming) = answer
        .await
        .map_err(|refusal| format!("{refusal:?}"))?
        .into_parts();
    let bytes = Limited::new(incoming, LONGEST).collect().await;
    let bytes = bytes.map_err(|cause| cause.to_string())?.to_bytes();
    let etag = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    Ok(Answered {
        status: head.status.as_u16(),
        etag: etag.unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
