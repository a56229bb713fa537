//! The host's AES and streams: `glue/opening.js` as Rust sees it.

use js_sys::{Array, Uint8Array};
use keyfront_envelope::ContentKey;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{ReadableStream, Response};

#[wasm_bindgen(module = "/glue/opening.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn imported(bytes: &[u8], algorithm: &str) -> Result<JsValue, JsValue>;

    /// Exactly `length` bytes, or `undefined`.
    #[wasm_bindgen(catch)]
    pub(super) async fn whole(stream: &ReadableStream, length: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn verified(
        key: &JsValue,
        iv: Uint8Array,
        associated_data: Uint8Array,
        body: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn tagged(
        key: &JsValue,
        iv: Uint8Array,
        segment: &Uint8Array,
    ) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(catch)]
    async fn keystreamed(
        key: &JsValue,
        counter: Uint8Array,
        segment: &Uint8Array,
    ) -> Result<Uint8Array, JsValue>;

    /// A reader that fills buffers.
    #[wasm_bindgen(catch)]
    pub(super) fn source(stream: &ReadableStream) -> Result<JsValue, JsValue>;

    /// `length` bytes; fewer only at the end.
    #[wasm_bindgen(catch)]
    pub(super) async fn segment(reader: &JsValue, length: u32) -> Result<Uint8Array, JsValue>;

    /// Ends a source nobody will read.
    pub(super) async fn cancel(reader: &JsValue);

    /// `[readable, writer]` of a body that must become exactly `length` bytes long.
    pub(super) fn sink(length: f64) -> Array;

    #[wasm_bindgen(catch)]
    pub(super) async fn write(writer: &JsValue, bytes: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    pub(super) async fn close(writer: &JsValue) -> Result<JsValue, JsValue>;

    /// The viewer sees the transfer fail.
    pub(super) async fn abort(writer: &JsValue, reason: &str);

    /// A response whose body is in the content coding its headers name already.
    #[wasm_bindgen(catch)]
    pub(super) fn opened(status: u16, headers: &str, body: &JsValue) -> Result<Response, JsValue>;
}

/// A content key in the host's hands.
pub(super) struct HostKey {
    gcm: JsValue,
    ctr: JsValue,
}

impl HostKey {
    pub(super) async fn import(key: &ContentKey) -> Result<Self, JsValue> {
        Ok(Self {
            gcm: imported(key.expose_key(), "AES-GCM").await?,
            ctr: imported(key.expose_key(), "AES-CTR").await?,
        })
    }

    /// The verified plaintext of a body with its tag, or `undefined`.
    pub(super) async fn open(&self, key: &ContentKey, body: &JsValue) -> Result<JsValue, JsValue> {
        let iv = Uint8Array::from(&key.nonce()[..]);
        verified(&self.gcm, iv, Uint8Array::from(key.associated_data()), body).await
    }

    /// The tag [`keyfront_envelope::HostedGuard`] wants of a segment.
    pub(super) async fn tag(
        &self,
        key: &ContentKey,
        segment: &Uint8Array,
    ) -> Result<[u8; 16], JsValue> {
        let tag = tagged(&self.gcm, Uint8Array::from(&key.nonce()[..]), segment).await?;
        let wrong = |_| JsValue::from_str("a tag of another length");
        tag.to_vec().try_into().map_err(wrong)
    }

    /// A segment decrypted from a counter block on.
    pub(super) async fn decrypt(
        &self,
        counter: [u8; 16],
        segment: &Uint8Array,
    ) -> Result<Uint8Array, JsValue> {
        keystreamed(&self.ctr, Uint8Array::from(&counter[..]), segment).await
    }
}
