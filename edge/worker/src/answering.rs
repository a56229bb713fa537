//! Answers: the core's values as the runtime's responses, and the log.
//!
//! It does not decide what the answer is.

use keyfront_contract::header::REQUEST_ID;
use keyfront_edge::{Answer, BodyOf, Header, Refusal, SiteError};
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker::console_error;

use crate::sites::SitesError;
use crate::viewer::Viewer;
use crate::wire;

/// The runtime refuses a body beside these.
const WITHOUT_BODY: [u16; 4] = [101, 204, 205, 304];

/// An answer of the edge's own.
pub(crate) fn own(answer: &Answer, log: Option<&str>) -> Result<Response, JsValue> {
    if let Some(line) = log {
        console_error!("{line}");
    }
    let body = match answer.body.as_str() {
        "" => JsValue::NULL,
        text => text.into(),
    };
    wire::answer(
        answer.status,
        &merge(&[], |_| false, &answer.headers),
        &body,
    )
}

/// A refusal: sent to the viewer and logged.
pub(crate) fn refusal(refusal: &Refusal, viewer: &Viewer) -> Result<Response, JsValue> {
    let answer = refusal.answer(viewer.id(), BodyOf::method(viewer.method()));
    own(&answer, refusal.log_line(viewer.id()).as_deref())
}

/// The refusal of every request while the Worker's document is broken.
pub(crate) fn no_sites(error: &SitesError, viewer: &Viewer) -> Result<Response, JsValue> {
    let refusal = Refusal::SiteInvalid(SiteError::Missing);
    let answer = refusal.answer(viewer.id(), BodyOf::method(viewer.method()));
    own(&answer, Some(&error.log_line(viewer.id())))
}

/// The head of a page that is shown with a 404: what describes it as an object of its own stays behind.
pub(crate) fn as_missing(header_text: &str, request_id: &str) -> String {
    let kept = |name: &str| {
        matches!(
            name,
            "access-control-allow-origin"
                | "access-control-expose-headers"
                | "content-encoding"
                | "content-language"
                | "content-length"
                | "content-type"
                | "vary"
                | "x-content-type-options"
        )
    };
    let set = [
        Header::new("cache-control", "no-store"),
        Header::new(REQUEST_ID, request_id.to_owned()),
    ];
    merge(&wire::headers(header_text), kept, &set)
}

/// An origin's answer with another head; its body passes as it is.
pub(crate) fn pass(
    response: &Response,
    status: u16,
    header_text: &str,
) -> Result<Response, JsValue> {
    if WITHOUT_BODY.contains(&status) {
        return wire::answer(status, header_text, &JsValue::NULL);
    }
    wire::pass(response, status, header_text)
}

/// Merged headers as text: the kept ones of `headers`, and `set`, which replaces those of its names; one without a value
/// leaves the header out.
pub(crate) fn merge<'s>(
    headers: &[(&str, &str)],
    keeps: impl Fn(&str) -> bool,
    set: impl IntoIterator<Item = &'s Header, IntoIter: Clone>,
) -> String {
    let set = set.into_iter();
    let mut text = String::with_capacity(2048);
    for (name, value) in headers {
        if keeps(name) && !set.clone().any(|header| header.name == *name) {
            wire::push(&mut text, name, value);
        }
    }
    for header in set.filter(|header| !header.value.is_empty()) {
        wire::push(&mut text, header.name, &header.value);
    }
    text
}
