//! The question which release of a site is active, as the linked-in edge asks it.
//!
//! It sends what was signed and reads a short answer; what the answer means is the core's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Limited};
use keyfront_edge::{Edge, PointerAnswer, PointerQuestion};
use tokio::sync::OwnedMutexGuard;

use crate::body;
use crate::origin::{OriginRequest, Origins};

/// Then a question has failed.
const LIMIT: Duration = Duration::from_millis(PointerQuestion::LIMIT as u64);
/// A longer answer is no pointer.
const LONGEST: usize = 65_536;

/// What the bucket answered; nothing if there was no answer.
#[derive(Default)]
struct Answered {
    status: u16,
    etag: String,
    body: String,
}

impl Answered {
    fn hand_over(&self, edge: &Mutex<Edge>, question: &PointerQuestion) {
        let mut edge = edge.lock().unwrap_or_else(PoisonError::into_inner);
        edge.pointer_answered(&PointerAnswer {
            host: &question.request.host,
            path: &question.request.path,
            asked_at: question.asked_at,
            status: self.status,
            etag: &self.etag,
            body: &self.body,
        });
    }
}

/// Asks the bucket and hands its answer over, also if whoever asked no longer waits. `turn` is held meanwhile.
pub(super) async fn settle(
    origins: Origins,
    edge: Arc<Mutex<Edge>>,
    question: PointerQuestion,
    turn: OwnedMutexGuard<()>,
) {
    let asking = tokio::spawn(async move {
        let answered = answer_of(&origins, &question).await;
        answered.hand_over(&edge, &question);
        drop(turn);
    });
    // It ends by itself.
    let _ = asking.await;
}

/// Hands over that there was no answer in time.
pub(super) fn give_up(edge: &Mutex<Edge>, question: &PointerQuestion) {
    tracing::info!(target: "keyfront::edge", "keyfront release-unknown: no answer in time");
    Answered::default().hand_over(edge, question);
}

async fn answer_of(origins: &Origins, question: &PointerQuestion) -> Answered {
    let asked = tokio::time::timeout(LIMIT, ask(origins, question)).await;
    let reason = match asked {
        Ok(Ok(answered)) => return answered,
        Ok(Err(reason)) => reason,
        Err(_) => format!("no answer within {LIMIT:?}"),
    };
    tracing::info!(target: "keyfront::edge", "keyfront release-unknown: {reason}");
    Answered::default()
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
        read_timeout: LIMIT,
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
