//! A body decrypted as it streams, beside the answer it belongs to.
//!
//! A body that does not verify is broken off before its end, so that the viewer sees the transfer fail.

use js_sys::Uint8Array;
use keyfront_envelope::{Error, Unlocked};
use wasm_bindgen::JsValue;
use web_sys::ReadableStream;
use worker::console_error;

use super::{host, host::HostKey, segments::Segments};

/// Why a stream is broken off.
enum Broken {
    /// The object.
    Envelope(Error),
    /// A connection, the viewer's or the bucket's.
    Connection(JsValue),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Envelope(error)
    }
}

impl From<JsValue> for Broken {
    fn from(error: JsValue) -> Self {
        Self::Connection(error)
    }
}

/// Begins to decrypt `body`; gives the stream of its `length` bytes of plaintext.
///
/// # Errors
/// If the runtime has no such stream.
pub(super) fn begin(
    body: &ReadableStream,
    unlocked: Unlocked,
    segments: Segments,
    length: u64,
) -> Result<JsValue, JsValue> {
    let source = host::source(body)?;
    // Lengths are below 2^36, which a float holds.
    let sink = host::sink(length as f64);
    let writer = sink.get(1);
    wasm_bindgen_futures::spawn_local(async move {
        match pump(&source, &writer, &unlocked, segments).await {
            Ok(()) => {}
            Err(broken) => {
                match broken {
                    Broken::Envelope(error) => {
                        console_error!("keyfront envelope-invalid: response aborted: {error}");
                    }
                    Broken::Connection(error) => {
                        console_error!("keyfront origin-failed: response aborted: {error:?}");
                    }
                }
                host::abort(&writer, "the object cannot be decrypted").await;
                host::cancel(&source).await;
            }
        }
    });
    Ok(sink.get(0))
}

async fn pump(
    source: &JsValue,
    writer: &JsValue,
    unlocked: &Unlocked,
    mut segments: Segments,
) -> Result<(), Broken> {
    let key = unlocked.content_key();
    let host = HostKey::import(key).await?;
    let mut held: Option<Uint8Array> = None;
    while segments.wanted() > 0 {
        let sealed = host::segment(source, segments.wanted()).await?;
        let tag = match segments.is_guarded() {
            true => Some(host.tag(key, &sealed).await?),
            false => None,
        };
        let (counter, surplus) = segments.arrived(key, sealed.length(), tag.as_ref())?;
        let plain = host.decrypt(counter, &sealed).await?;
        // Less than a block.
        let plain = plain.subarray(surplus as u32, plain.length());
        if let Some(ready) = held.replace(plain) {
            host::write(writer, &ready).await?;
        }
    }
    let tag = match segments.tag_length() {
        0 => Vec::new(),
        length => host::segment(source, length).await?.to_vec(),
    };
    segments.finish(&tag)?;
    if let Some(last) = held {
        host::write(writer, &last).await?;
    }
    host::close(writer).await?;
    Ok(())
}
