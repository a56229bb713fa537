//! Bodies on their way: one boxed type, why a transfer broke, and the time limit between two parts.
//!
//! Does not buffer; see `shared_body` for what is kept.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::Version;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Incoming;
use thiserror::Error;
use tokio::runtime::Handle;

/// Any body inside the CDN.
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Why a transfer ended before its end. Whoever reads sees an aborted transfer, never a short one.
#[derive(Debug, Error)]
pub(super) enum BodyError {
    /// The connection to the origin broke, or the origin sent something that is not HTTP.
    #[error("the origin aborted its response")]
    Origin(#[source] hyper::Error),
    /// Nothing arrived within the origin's read timeout.
    #[error("the origin stopped sending for {0:?}")]
    Stalled(Duration),
    /// The viewer broke off.
    #[error("the viewer aborted its request")]
    Viewer(#[source] hyper::Error),
    /// The shared transfer this one reads from was broken off.
    #[error("the collapsed request was aborted")]
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
pub(super) fn from_viewer(incoming: Incoming, version: Version) -> Body {
    match version {
        Version::HTTP_2 => FromViewer(Some(incoming)).boxed_unsync(),
        _ => incoming.map_err(BodyError::Viewer).boxed_unsync(),
    }
}

/// What is read of a body that nobody wants, while its answer is sent.
const UNWANTED: usize = 64 * 1024 * 1024;
const UNWANTED_TIME: Duration = Duration::from_secs(20);

/// A viewer's body over HTTP/2 that may be left unread. To drop one is to cancel its stream, and with it the answer; where
/// the answer comes first, a server may stop the client afterwards (RFC 9113, 8.1). So the rest is read on for a while.
struct FromViewer(Option<Incoming>);

impl http_body::Body for FromViewer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(incoming) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(incoming).poll_frame(context);
        frame.map(|frame| frame.map(|frame| frame.map_err(BodyError::Viewer)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for FromViewer {
    fn drop(&mut self) {
        if let Some(incoming) = self.0.take().filter(|incoming| !incoming.is_end_stream())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(UNWANTED_TIME, read_away(incoming)));
        }
    }
}

async fn read_away(mut incoming: Incoming) {
    let mut read = 0;
    while read < UNWANTED
        && let Some(Ok(frame)) = incoming.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
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
