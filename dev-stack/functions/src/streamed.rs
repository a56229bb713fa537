//! An answer that a function streams to the Runtime API: its prelude, its content as it comes, its failure midway.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>. It does not
//! interpret what the prelude says.

use axum::body::{Body, Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use futures::stream;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::sync::mpsc;

use super::outcome::InvokeError;

/// What stands between prelude and content.
const DELIMITER: [u8; 8] = [0; 8];
/// More than any head of HTTP that is sent on would take.
const PRELUDE_LIMIT: usize = 256 * 1024;
/// How much of a failure's report is kept.
const LONGEST_REPORT: usize = 1024;

/// Content that the function is still sending.
pub(super) struct Sending {
    body: Body,
    first: Bytes,
}

/// A piece of content; `None` is its end, so that a sender that vanishes is not taken for one.
type Piece = Result<Option<Bytes>, InvokeError>;

/// Takes the prelude off a streamed answer.
pub(super) async fn begin(mut body: Body) -> Result<(Value, Sending), InvokeError> {
    let mut head = BytesMut::new();
    loop {
        let zeros = head
            .windows(DELIMITER.len())
            .position(|eight| eight == DELIMITER);
        if let Some(at) = zeros {
            let first = head.split_off(at + DELIMITER.len()).freeze();
            let prelude = serde_json::from_slice(&head[..at])
                .map_err(|_| InvokeError::Malformed("its prelude is not json"))?;
            return Ok((prelude, Sending { body, first }));
        }
        if head.len() > PRELUDE_LIMIT {
            return Err(InvokeError::Malformed("its prelude does not end"));
        }
        match next(&mut body).await? {
            Some(bytes) => head.extend_from_slice(&bytes),
            None => return Err(InvokeError::Malformed("it ends in its prelude")),
        }
    }
}

/// The next bytes; `None` at the end. A failure that the function reports comes as trailers.
async fn next(body: &mut Body) -> Piece {
    match body.frame().await {
        None => Ok(None),
        Some(Err(_)) => Err(InvokeError::Crashed),
        Some(Ok(frame)) => match frame.into_data() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(frame) => match frame.into_trailers() {
                Ok(trailers) if trailers.contains_key("lambda-runtime-function-error-type") => {
                    Err(InvokeError::BrokenOff(report(&trailers)))
                }
                _ => Ok(None),
            },
        },
    }
}

fn report(trailers: &HeaderMap) -> String {
    let body = trailers.get("lambda-runtime-function-error-body");
    let text = body.and_then(|body| STANDARD.decode(body).ok());
    let mut text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    text.truncate(text.floor_char_boundary(LONGEST_REPORT));
    text
}

impl Sending {
    /// Passes content on until it ends. A caller that has left does not end the function: the rest is read and dropped.
    pub(super) async fn pass_on(mut self, to: mpsc::Sender<Piece>) -> Result<(), InvokeError> {
        let first = std::mem::take(&mut self.first);
        // The receiver is a caller who may have left.
        let _ = to.send(Ok(Some(first))).await;
        loop {
            let piece = next(&mut self.body).await;
            let ended = match &piece {
                Ok(Some(_)) => None,
                Ok(None) => Some(Ok(())),
                Err(error) => Some(Err(error.clone())),
            };
            let _ = to.send(piece).await;
            if let Some(outcome) = ended {
                return outcome;
            }
        }
    }
}

/// The content on the caller's side.
pub(super) fn content(from: mpsc::Receiver<Piece>) -> Body {
    Body::from_stream(stream::try_unfold(from, async |mut from| {
        match from.recv().await {
            Some(Ok(Some(bytes))) => Ok(Some((bytes, from))),
            Some(Ok(None)) => Ok(None),
            Some(Err(error)) => Err(error),
            None => Err(InvokeError::Crashed),
        }
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::StreamExt as _;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    type Sent = Result<Frame<Bytes>, std::io::Error>;

    fn body(frames: Vec<Sent>) -> Body {
        Body::new(StreamBody::new(stream::iter(frames)))
    }

    fn data(bytes: &'static [u8]) -> Sent {
        Ok(Frame::data(Bytes::from_static(bytes)))
    }

    async fn received(frames: Vec<Sent>) -> (Value, Vec<u8>, Result<(), InvokeError>, bool) {
        let (prelude, sending) = begin(body(frames)).await.unwrap();
        let (to, from) = mpsc::channel(1);
        let mut content = content(from).into_data_stream();
        let read = async {
            let (mut bytes, mut broken) = (Vec::new(), false);
            while let Some(piece) = content.next().await {
                match piece {
                    Ok(piece) => bytes.extend_from_slice(&piece),
                    Err(_) => broken = true,
                }
            }
            (bytes, broken)
        };
        let (outcome, (bytes, broken)) = tokio::join!(sending.pass_on(to), read);
        (prelude, bytes, outcome, broken)
    }

    #[tokio::test]
    async fn a_prelude_is_found_wherever_the_chunks_are_cut() {
        let whole = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0\0content";
        for cut in 0..whole.len() {
            let (first, second) = whole.split_at(cut);
            let (prelude, bytes, outcome, broken) = received(vec![data(first), data(second)]).await;
            assert_eq!(prelude["statusCode"], 200, "{cut}");
            assert_eq!(
                (bytes.as_slice(), outcome, broken),
                (&b"\0content"[..], Ok(()), false)
            );
        }
    }

    #[tokio::test]
    async fn a_failure_in_the_trailers_breaks_the_content_off() {
        let mut trailers = HeaderMap::new();
        trailers.insert("lambda-runtime-function-error-type", "A.B".parse().unwrap());
        let report = STANDARD.encode("on purpose").parse().unwrap();
        trailers.insert("lambda-runtime-function-error-body", report);
        let frames = vec![
            data(b"{}\0\0\0\0\0\0\0\0some"),
            Ok(Frame::trailers(trailers)),
        ];
        let (_, bytes, outcome, broken) = received(frames).await;
        assert_eq!(bytes, b"some");
        assert_eq!(
            outcome,
            Err(InvokeError::BrokenOff("on purpose".to_owned()))
        );
        assert!(broken);
    }

    #[tokio::test]
    async fn a_function_that_vanishes_is_not_taken_for_an_end() {
        let frames = vec![
            data(b"{}\0\0\0\0\0\0\0\0some"),
            Err(std::io::Error::other("reset")),
        ];
        let (_, _, outcome, broken) = received(frames).await;
        assert_eq!((outcome, broken), (Err(InvokeError::Crashed), true));
        let (to, from) = mpsc::channel::<Piece>(1);
        drop(to);
        assert!(
            content(from)
                .into_data_stream()
                .next()
                .await
                .unwrap()
                .is_err()
        );
    }

    #[tokio::test]
    async fn a_prelude_that_is_none_is_refused() {
        let endless = vec![b' '; PRELUDE_LIMIT + 1];
        for frames in [
            vec![],
            vec![data(b"{}")],
            vec![data(b"not json\0\0\0\0\0\0\0\0")],
            vec![Ok(Frame::data(Bytes::from(endless)))],
        ] {
            let outcome = begin(body(frames)).await;
            assert!(matches!(outcome, Err(InvokeError::Malformed(_))));
        }
    }
}
