//! Showing a request's body to a function while the whole of it still travels on.
//!
//! What a function may put in its place is validated elsewhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;

use super::body::{self, Body};
use super::edge::event::EdgeBody;
use super::refusal::Refusal;

/// What a function is shown at most, in bytes.
const INCLUDED_BODY: usize = 1024 * 1024;

/// Takes the first mebibyte of a body for the function; the second body is the whole again.
pub(super) async fn include_body(mut body: Body) -> Result<(EdgeBody, Body), Refusal> {
    let mut shown = BytesMut::new();
    let mut overflow = Bytes::new();
    while overflow.is_empty() {
        match body.frame().await {
            None => break,
            Some(Err(cause)) => {
                return Err(Refusal::BodyInvalid(cause.to_string()));
            }
            Some(Ok(frame)) => {
                let Ok(mut data) = frame.into_data() else {
                    continue;
                };
                let room = INCLUDED_BODY - shown.len();
                overflow = data.split_off(room.min(data.len()));
                shown.extend_from_slice(&data);
            }
        }
    }
    let shown = shown.freeze();
    let event = EdgeBody {
        input_truncated: !overflow.is_empty(),
        action: "read-only".into(),
        encoding: "base64".into(),
        data: STANDARD.encode(&shown),
    };
    let whole = if overflow.is_empty() {
        body::full(shown)
    } else {
        let start = stream::iter([Ok(shown), Ok(overflow)]);
        body::chunks(start.chain(body.into_data_stream()))
    };
    Ok((event, whole))
}
