//! Bodies on their way: one boxed type, why a transfer broke, and the time limit between two parts.
//!
//! Does not buffer; see `shared_body` for what is kept.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Incoming;
use thiserror::Error;

/// Any body inside the CDN.
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Why a transfer ended before its end. Whoever reads sees an aborted transfer, never a short one.
#[derive(Debug, Error)]
pub(super) enum BodyError {
    /// The connection to the origin broke, or the origin sent something that is not HTTP.
    #[error("the origin broke off its answer")]
    Origin(#[source] hyper::Error),
    /// Nothing arrived within the origin's read timeout.
    #[error("the origin stopped sending for {0:?}")]
    Stalled(Duration),
    /// The viewer broke off.
    #[error("the viewer broke off its request")]
    Viewer(#[source] hyper::Error),
    /// The shared transfer this one reads from was broken off.
    #[error("the collapsed request broke off")]
    Shared,
}

/// No bytes.
pub(super) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// All the bytes at once.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// The chunks of a stream.
pub(super) fn chunks(
    stream: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
) -> Body {
    StreamBody::new(stream.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

/// A viewer's request body.
pub(super) fn from_viewer(incoming: Incoming) -> Body {
    incoming.map_err(BodyError::Viewer).boxed_unsync()
}

/// An origin's answer; an error if it is silent for `read_timeout`. Trailers are dropped, as CloudFront does.
pub(super) fn from_origin(incoming: Incoming, read_timeout: Duration) -> Body {
    chunks(stream::unfold(Some(incoming), move |incoming| async move {
        let mut incoming = incoming?;
        loop {
            return match tokio::time::timeout(read_timeout, incoming.frame()).await {
                Err(_) => Some((Err(BodyError::Stalled(read_timeout)), None)),
                Ok(None) => None,
                Ok(Some(Err(cause))) => Some((Err(BodyError::Origin(cause)), None)),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Some((Ok(data), Some(incoming))),
                    Err(_trailers) => continue,
                },
            };
        }
    }))
}
