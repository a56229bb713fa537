//! A publish body: read whole and hashed, because a Function URL accepts nothing unsigned.
//!
//! The bytes stay in the runtime; only their hash comes into the module.

use wasm_bindgen::JsValue;

use crate::wire;

/// What fits a Function URL's 6 MB once it is base64: 4.5 MB.
const LARGEST_BODY: u32 = 4_718_592;

/// A whole body.
pub(crate) struct PublishBody {
    /// A `Uint8Array`.
    pub(crate) bytes: JsValue,
    /// Hexadecimal digits.
    pub(crate) sha256: String,
}

/// Reads the body; `None` if it is larger than can be sent, or breaks off.
pub(crate) async fn read(
    request: &web_sys::Request,
    headers: &[(&str, &str)],
) -> Option<PublishBody> {
    let declared = headers
        .iter()
        .find(|(name, _)| *name == "content-length")
        .and_then(|(_, length)| length.parse::<u64>().ok());
    if declared.is_some_and(|length| length > u64::from(LARGEST_BODY)) {
        return None;
    }
    let bytes = wire::buffered(&request.body()?, LARGEST_BODY).await.ok()?;
    if bytes.is_undefined() {
        return None;
    }
    let sha256 = wire::sha256(&bytes).await.ok()?.as_string()?;
    Some(PublishBody { bytes, sha256 })
}
