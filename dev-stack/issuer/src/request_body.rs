//! A form as it arrives: of bounded size, in bounded time, and of the one media type.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body;
use thiserror::Error;

use super::parameters::Parameters;

/// Bytes of a form.
const LIMIT: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";

/// Why there are no parameters. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum BodyError {
    #[error("the content type is not {FORM}: send a form")]
    NotAForm,
    #[error("the body is larger than {LIMIT} bytes: send less")]
    TooLarge,
    #[error("the body did not arrive: send it again")]
    Incomplete,
}

impl BodyError {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::NotAForm | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

/// Reads the form.
pub(super) async fn receive<B>(headers: &HeaderMap, body: B) -> Result<Parameters, BodyError>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if !is_form(headers) {
        return Err(BodyError::NotAForm);
    }
    let collected = Limited::new(body, LIMIT).collect();
    match tokio::time::timeout(TIMEOUT, collected).await {
        Ok(Ok(body)) => Ok(Parameters::parse(&body.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}

/// Parameters of the media type, such as a charset, have no meaning here.
fn is_form(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = given.and_then(|given| given.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use http::HeaderValue;
    use http_body_util::Full;

    use super::*;

    async fn receive_as(media_type: &str, body: String) -> Result<Parameters, BodyError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
        receive(&headers, Full::new(Bytes::from(body))).await
    }

    #[tokio::test]
    async fn a_form_is_read_whatever_its_charset() {
        for media_type in [FORM, "Application/X-WWW-Form-URLencoded ; charset=utf-8"] {
            let parameters = receive_as(media_type, "a=1".to_owned()).await;
            assert_eq!(parameters.ok().unwrap().value("a"), Ok(Some("1")));
        }
    }

    #[tokio::test]
    async fn another_media_type_is_refused() {
        for media_type in ["text/plain", "multipart/form-data", "application/json"] {
            let refused = receive_as(media_type, "a=1".to_owned()).await;
            assert_eq!(refused.err(), Some(BodyError::NotAForm), "{media_type}");
        }
        let none = receive(&HeaderMap::new(), Full::new(Bytes::new())).await;
        assert_eq!(none.err(), Some(BodyError::NotAForm));
    }

    #[tokio::test]
    async fn a_form_of_more_than_64_kib_is_refused() {
        assert!(receive_as(FORM, "x".repeat(LIMIT)).await.is_ok());
        let refused = receive_as(FORM, "x".repeat(LIMIT + 1)).await;
        assert_eq!(refused.err(), Some(BodyError::TooLarge));
    }
}
