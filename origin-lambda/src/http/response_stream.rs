//! A response as Lambda streams it: a prelude in JSON, eight zero bytes, the body as it comes, and
//! trailers if it fails midway.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.
//! Pure; it sends nothing.

use std::{collections::BTreeMap, convert::Infallible};

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Response, header::SET_COOKIE, response};
use http_body::Frame;
use serde::Serialize;
use serde_json::json;

/// Tells Lambda that a prelude comes first.
pub const CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";
/// Type of a failure midway.
pub const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
/// The failure itself: JSON in base64.
pub const ERROR_BODY: &str = "lambda-runtime-function-error-body";

const DELIMITER: Bytes = Bytes::from_static(&[0; 8]);

/// Status and headers of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prelude {
    /// HTTP status.
    pub status_code: u16,
    /// Headers; the length of the body is among them where it is known.
    pub headers: BTreeMap<String, String>,
    /// The values of `Set-Cookie`, of which there may be several. Some hosts miss it when it is absent.
    pub cookies: Vec<String>,
}

impl Prelude {
    /// The prelude of a response.
    pub fn of(head: &response::Parts) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter();
        let cookies = head.headers.get_all(SET_COOKIE).iter();
        Self {
            status_code: head.status.as_u16(),
            headers: headers
                .filter(|(name, _)| **name != SET_COOKIE)
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            cookies: cookies.map(text).collect(),
        }
    }
}

/// The whole response, frame by frame. A body that fails ends in trailers that say so.
pub fn frames(
    response: Response<Body>,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send {
    let (head, body) = response.into_parts();
    let prelude = Bytes::from(json!(Prelude::of(&head)).to_string());
    let content = stream::unfold(Some(body.into_data_stream()), async |content| {
        let mut content = content?;
        Some(match content.next().await? {
            Ok(bytes) => (Frame::data(bytes), Some(content)),
            Err(_) => (Frame::trailers(failure()), None),
        })
    });
    stream::iter([prelude, DELIMITER])
        .map(Frame::data)
        .chain(content)
        .map(Ok)
}

/// What failed is in the log; Lambda learns only that it did.
fn failure() -> HeaderMap {
    let failure =
        json!({"errorType": "Keyfront.BrokenOff", "errorMessage": "the response failed midway"});
    let mut trailers = HeaderMap::new();
    trailers.insert(ERROR_TYPE, HeaderValue::from_static("Keyfront.BrokenOff"));
    if let Ok(body) = HeaderValue::try_from(STANDARD.encode(failure.to_string())) {
        trailers.insert(ERROR_BODY, body);
    }
    trailers
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn streamed(answer: Response<Body>) -> (Vec<u8>, Option<HeaderMap>) {
        let frames: Vec<_> = frames(answer).collect().await;
        let (mut bytes, mut trailers) = (Vec::new(), None);
        for frame in frames {
            assert!(trailers.is_none(), "nothing comes after trailers");
            match frame.unwrap().into_data() {
                Ok(data) => bytes.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        (bytes, trailers)
    }

    #[tokio::test]
    async fn an_answer_is_streamed_as_prelude_zeros_and_body() {
        let answer = Response::builder().status(206).header("x-a", "1");
        let (bytes, trailers) = streamed(answer.body(Body::from("content")).unwrap()).await;
        let expected = "{\"cookies\":[],\"headers\":{\"x-a\":\"1\"},\"statusCode\":206}\0\0\0\0\0\0\0\0content";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert!(trailers.is_none());
    }

    #[test]
    fn each_cookie_is_told_by_itself() {
        let answer = Response::builder()
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2");
        let (head, ()) = answer.body(()).unwrap().into_parts();
        let prelude = Prelude::of(&head);
        assert_eq!(prelude.cookies, ["a=1", "b=2"]);
        assert!(prelude.headers.is_empty());
    }

    #[tokio::test]
    async fn a_body_that_fails_ends_in_trailers_and_not_in_content() {
        let pieces = [Ok("first"), Err(std::io::Error::other("tag")), Ok("never")];
        let body = Body::from_stream(stream::iter(pieces));
        let (bytes, trailers) = streamed(Response::new(body)).await;
        assert!(bytes.ends_with(b"\0\0\0\0\0\0\0\0first"));
        let trailers = trailers.unwrap();
        assert_eq!(trailers[ERROR_TYPE], "Keyfront.BrokenOff");
        assert!(STANDARD.decode(&trailers[ERROR_BODY]).is_ok());
    }
}
