//! The runtime's side of requests and answers: `glue/wire.js` as Rust sees it, and the text form of a head.
//!
//! A head crosses as one string, `name\nvalue\n` for every header; no header can hold a line break.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{ReadableStream, Request, Response};
use worker::Env;

#[wasm_bindgen(module = "/glue/wire.js")]
extern "C" {
    /// A request: method, URL and head in text form, a line each.
    pub(crate) fn arrived(request: &Request) -> String;

    /// An answer: status and head in text form, a line each.
    fn answered(response: &Response) -> String;

    /// Sends a request; the runtime neither follows redirects nor looks into its own cache.
    #[wasm_bindgen(catch)]
    pub(crate) async fn ask(
        url: &str,
        method: &str,
        header_text: &str,
        body: &JsValue,
    ) -> Result<Response, JsValue>;

    /// An answer; the stream passes as it is.
    #[wasm_bindgen(catch)]
    pub(crate) fn answer(
        status: u16,
        header_text: &str,
        body: &JsValue,
    ) -> Result<Response, JsValue>;

    /// An answer's body, as it streams, under another status and head.
    #[wasm_bindgen(catch)]
    pub(crate) fn pass(
        response: &Response,
        status: u16,
        header_text: &str,
    ) -> Result<Response, JsValue>;

    /// Status, tag and body of a short answer, as texts, if it is whole within `timeout` milliseconds.
    #[wasm_bindgen(catch)]
    pub(crate) async fn asked(
        url: &str,
        header_text: &str,
        limit: u32,
        timeout: u32,
    ) -> Result<Array, JsValue>;

    /// Lets a promise go on after the request that began it.
    pub(crate) fn outlive(context: &JsValue, promise: &Promise);

    /// The whole of a stream of at most `limit` bytes, or `undefined`.
    #[wasm_bindgen(catch)]
    pub(crate) async fn buffered(stream: &ReadableStream, limit: u32) -> Result<JsValue, JsValue>;

    /// The first `limit` bytes of a stream, which is cancelled behind them.
    #[wasm_bindgen(catch)]
    pub(crate) async fn beginning(
        stream: &ReadableStream,
        limit: u32,
    ) -> Result<Uint8Array, JsValue>;

    /// What the cache has for a key and a head's conditions, or `undefined`.
    #[wasm_bindgen(catch)]
    pub(crate) async fn found(key: &str, header_text: &str) -> Result<JsValue, JsValue>;

    /// Puts a copy of a whole answer into the cache, under another head.
    #[wasm_bindgen(catch)]
    pub(crate) fn keep(
        context: &JsValue,
        key: &str,
        header_text: &str,
        response: &Response,
    ) -> Result<(), JsValue>;

    /// Ends a stream nobody will read.
    pub(crate) fn discard(stream: &ReadableStream);

    /// SHA-256 by the host, in hexadecimal digits.
    #[wasm_bindgen(catch)]
    pub(crate) async fn sha256(bytes: &JsValue) -> Result<JsValue, JsValue>;

    /// `KEYFRONT_SITES`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` as texts, `""` if there is
    /// none; nothing at all if they are `known` and what the call before this one gave.
    pub(crate) fn bindings(env: &Env, known: bool) -> Option<Array>;

    /// Seconds since 1970 by the runtime's clock, which stands still between two inputs.
    #[wasm_bindgen(js_name = unixTime)]
    pub(crate) fn unix_time() -> f64;

    /// Reports to the entry that this instance is lost, and where in the source.
    pub(crate) fn panicked(place: &str);

    /// A random id.
    #[wasm_bindgen(js_name = randomId)]
    pub(crate) fn random_id() -> String;
}

/// An answer of an origin or the cache, its head read once.
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) status: u16,
    text: String,
}

impl Reply {
    pub(crate) fn of(response: Response) -> Self {
        let text = answered(&response);
        let status = text
            .split_once('\n')
            .and_then(|(status, _)| status.parse().ok());
        Self {
            response,
            // The runtime's statuses are numbers; any other would be reported as a failure of the origin's.
            status: status.unwrap_or_default(),
            text,
        }
    }

    /// Names in lower case.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.text
            .split_once('\n')
            .map_or_else(Vec::new, |(_, header_text)| headers(header_text))
    }

    /// Ends a body nobody will read.
    pub(crate) fn discard(&self) {
        self.response.body().iter().for_each(discard);
    }
}

/// The headers of a head in its text form.
pub(crate) fn headers(text: &str) -> Vec<(&str, &str)> {
    let mut parts = text.split('\n');
    let mut headers = Vec::with_capacity(16);
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        headers.push((name, value));
    }
    headers
}

/// Appends a header to the text form of a head.
pub(crate) fn push(text: &mut String, name: &str, value: &str) {
    for part in [name, "\n", value, "\n"] {
        text.push_str(part);
    }
}
