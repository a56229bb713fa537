//! The origin: sends what the core signed, or finds its answer in the cache, and has the core clean it.

use keyfront_contract::header;
use keyfront_edge::{
    Answer, AnsweredRequest, Cleaned, OriginRequest, OriginResponse, Refusal, Route, Scheme,
    cause_of_document, clean, is_ignorable, keeps_response_header, not_modified,
};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Response;
use worker::console_error;

use crate::exchange::Exchange;
use crate::wire::Reply;
use crate::{answering, caching, wire};

/// S3's error documents are shorter.
const LONGEST_DOCUMENT: u32 = 8_192;

/// What the runtime writes itself, from the URL, the body and the connection.
const WRITTEN_BY_RUNTIME: [&str; 5] = [
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "host",
    "transfer-encoding",
];

/// An origin's answer, cleaned.
pub(crate) enum Answered {
    /// Its body passes, under this head.
    Passed {
        /// As it came.
        reply: Reply,
        /// In text form.
        header_text: String,
    },
    /// The edge answers in its place.
    Replaced {
        /// Complete.
        answer: Answer,
        /// For the operator.
        log: Option<String>,
    },
}

impl Answered {
    /// Asks, and has the answer cleaned. Of `headers` goes what the origin may see; what it cannot compare is compared here.
    ///
    /// # Errors
    /// [`Refusal::OriginFailed`] if there is no answer.
    pub(crate) async fn by(
        exchange: &Exchange<'_>,
        signed: &OriginRequest,
        headers: &[(&str, &str)],
        body: &JsValue,
    ) -> Result<Self, Refusal> {
        let reads = signed.route != Route::Publish;
        let meant = |(name, value): &&(&str, &str)| {
            let compared_here = signed.compares_by_itself() && name.starts_with("if-");
            signed.keeps(name) && !compared_here && !(reads && is_ignorable(name, value))
        };
        let sent: Vec<_> = headers.iter().filter(meant).copied().collect();
        let key = caching::key(exchange.target.host, &exchange.entry.digest, signed);
        if let Some(key) = &key
            && let Some(response) = cached(key, &sent).await
        {
            return Ok(cleaned(exchange, signed, headers, Reply::of(response)).await);
        }
        let reply = Reply::of(ask(signed, &sent, body).await?);
        if let Some(key) = &key {
            keep(exchange, signed, key, &sent, &reply);
        }
        Ok(cleaned(exchange, signed, headers, reply).await)
    }
}

async fn cached(key: &str, headers: &[(&str, &str)]) -> Option<Response> {
    let conditions = caching::lookup(headers)?;
    let header_text = answering::merge(&conditions, |_| true, &[]);
    wire::found(key, &header_text).await.ok()?.dyn_into().ok()
}

/// What is kept is the bucket's answer without what no viewer may see; what it depends on of one viewer (who may read
/// across origins) is written over it with every use.
fn keep(
    exchange: &Exchange<'_>,
    signed: &OriginRequest,
    key: &str,
    request_headers: &[(&str, &str)],
    reply: &Reply,
) {
    let answer = reply.headers();
    if !caching::keeps(request_headers, signed.method, reply.status, &answer) {
        return;
    }
    // These are read again with every use.
    let read = [
        header::SANDBOXED,
        header::RELEASE_SHA256,
        header::RELEASE_CSP,
    ];
    let kept = |name: &str| keeps_response_header(signed.route, name) || read.contains(&name);
    let header_text = answering::merge(&answer, kept, &[]);
    let context: &JsValue = exchange.context.as_ref().as_ref();
    if let Err(error) = wire::keep(context, key, &header_text, &reply.response) {
        console_error!("keyfront: a response could not be cached: {error:?}");
    }
}

/// Has an answer to a request with these headers cleaned.
pub(crate) async fn cleaned(
    exchange: &Exchange<'_>,
    signed: &OriginRequest,
    asked: &[(&str, &str)],
    reply: Reply,
) -> Answered {
    let headers = reply.headers();
    let document = error_document(&reply, signed.route).await;
    let request = AnsweredRequest {
        method: signed.method.as_str(),
        path: &signed.path,
        query: &signed.query,
        request_id: exchange.viewer.id(),
        signed_at: signed
            .headers
            .iter()
            .find(|header| header.name == "x-amz-date")
            .map(|header| &*header.value),
        facts: &signed.facts,
    };
    let seen = OriginResponse {
        status: reply.status,
        headers: &headers,
        sandboxed: headers.iter().any(|(name, _)| *name == header::SANDBOXED),
    };
    let stated = document.as_deref().and_then(cause_of_document);
    let mut cleaned = clean(&request, &seen, stated);
    if signed.compares_by_itself() {
        let conditions = asked.iter().filter(|(name, _)| *name == "if-none-match");
        cleaned = not_modified(cleaned, conditions.map(|(_, value)| *value));
    }
    match cleaned {
        Cleaned::Pass { headers: set } => {
            let kept = |name: &str| keeps_response_header(signed.route, name);
            let header_text = answering::merge(&headers, kept, &set);
            Answered::Passed { reply, header_text }
        }
        Cleaned::Answer { answer, log } => {
            // An error document was read, or cancelled behind its beginning.
            if document.is_none() {
                reply.discard();
            }
            Answered::Replaced { answer, log }
        }
    }
}

/// Sends a signed request with the headers the origin may see.
///
/// # Errors
/// [`Refusal::OriginFailed`] if there is no answer.
pub(crate) async fn ask(
    signed: &OriginRequest,
    headers: &[(&str, &str)],
    body: &JsValue,
) -> Result<Response, Refusal> {
    let header_text = header_text(signed, headers);
    wire::ask(&url(signed), signed.method.as_str(), &header_text, body)
        .await
        .map_err(|error| {
            // The runtime's text says what the network said; it holds no header.
            console_error!("keyfront: {} did not respond: {error:?}", signed.host);
            Refusal::OriginFailed
        })
}

/// What goes with a signed request: the headers the origin may see, and the edge's own.
pub(crate) fn header_text(signed: &OriginRequest, headers: &[(&str, &str)]) -> String {
    let own = |name: &str| WRITTEN_BY_RUNTIME.contains(&name);
    let kept = |name: &str| signed.keeps(name) && !own(name);
    let set = signed.headers.iter().filter(|header| {
        !own(header.name)
            && (header.name != header::RESPONSE_FACTS || signed.route == Route::Reader)
    });
    answering::merge(headers, kept, set)
}

/// The URL whose request line is exactly what was signed: the path is in its one strict spelling and holds no dot
/// segment, so the runtime's URL parser has nothing to change.
pub(crate) fn url(signed: &OriginRequest) -> String {
    let scheme = match signed.scheme {
        Scheme::Https => "https://",
        Scheme::Http => "http://",
    };
    let query = if signed.query.is_empty() { "" } else { "?" };
    [scheme, &signed.host, &signed.path, query, &signed.query].concat()
}

/// The beginning of a bucket's error document, which names the cause.
async fn error_document(reply: &Reply, origin: Route) -> Option<Vec<u8>> {
    if reply.status < 400 || origin != Route::Bucket {
        return None;
    }
    let bytes = wire::beginning(&reply.response.body()?, LONGEST_DOCUMENT).await;
    bytes.ok().map(|bytes| bytes.to_vec())
}
