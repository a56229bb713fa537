//! The origin: sends what the core signed, and reads what it has to of the answer.

use keyfront_edge::origin_request::Scheme;
use keyfront_edge::{Header, OriginKind, OriginRequest, Refusal, ResponseFacts};
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker::console_error;

use crate::{answering, wire};

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

/// Sends a signed request with the viewer's headers the origin may see.
///
/// # Errors
/// [`Refusal::OriginFailed`] if there is no answer.
pub(crate) async fn ask(
    signed: &OriginRequest,
    viewer: &[(&str, &str)],
    body: &JsValue,
) -> Result<Response, Refusal> {
    let own = |name: &str| WRITTEN_BY_RUNTIME.contains(&name);
    let kept = |name: &str| signed.origin.keeps_request_header(name) && !own(name);
    let set: Vec<Header> = signed
        .headers
        .iter()
        .filter(|header| !own(header.name) && header.name != ResponseFacts::HEADER)
        .cloned()
        .collect();
    let heads = answering::over(viewer, kept, &set);
    wire::ask(&url(signed), signed.method.as_str(), &heads, body)
        .await
        .map_err(|error| {
            // The runtime's text names the host and what the network said; it holds no header.
            console_error!("keyfront origin-failed: {error:?}");
            Refusal::OriginFailed
        })
}

/// The URL whose request line is exactly what was signed: the path is in its one strict spelling and holds no dot
/// segment, so the runtime's URL parser has nothing to change.
fn url(signed: &OriginRequest) -> String {
    let scheme = match signed.scheme {
        Scheme::Https => "https://",
        Scheme::Http => "http://",
    };
    let query = if signed.query.is_empty() { "" } else { "?" };
    [scheme, &signed.host, &signed.path, query, &signed.query].concat()
}

/// The beginning of a bucket's error document, which names the cause.
pub(crate) async fn error_document(response: &Response, origin: OriginKind) -> Option<Vec<u8>> {
    if response.status() < 400 || origin != OriginKind::Bucket {
        return None;
    }
    let bytes = wire::beginning(&response.body()?, LONGEST_DOCUMENT).await;
    bytes.ok().map(|bytes| bytes.to_vec())
}
