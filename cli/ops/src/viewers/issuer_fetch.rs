//! A document of an issuer, with its URL in every error.

use std::time::Duration;

use keyfront_aws_call::{HttpCaller, JsonDocumentError, Limits};

/// From connecting to the last byte.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A document of an issuer is not to be had. Check the URL, the issuer, and this machine's network.
#[derive(Debug, thiserror::Error)]
#[error("{url} cannot be fetched")]
pub(super) struct FetchError {
    /// What was fetched.
    url: String,
    source: JsonDocumentError,
}

/// The document at `url`, of at most so many bytes.
///
/// # Errors
/// [`FetchError`]
pub(super) async fn fetch(url: &str, bytes: usize) -> Result<Vec<u8>, FetchError> {
    let limits = Limits {
        time: TIMEOUT,
        bytes,
    };
    let document = HttpCaller::default().json_document(url, limits).await;
    document.map_err(|source| FetchError {
        url: url.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// What is fetched from a server that answers so.
    async fn of(head: &str, body: &str) -> Result<Vec<u8>, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/document", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let fetched = fetch(&url, 16).await;
        served.await.unwrap();
        fetched.map_err(|error| format!("{:#}", anyhow::Error::new(error)))
    }

    #[tokio::test]
    async fn a_document_is_json_and_small_and_where_it_was_said_to_be() {
        let json = "200 OK\r\ncontent-type: application/json; charset=utf-8";
        assert_eq!(of(json, "{}").await.unwrap(), b"{}");
        for (head, body, expected) in [
            (json, "{\"a\": \"0123456789\"}", "larger than 16 bytes"),
            ("200 OK\r\ncontent-type: text/html", "{}", "is not JSON"),
            (
                "404 Not Found\r\ncontent-type: application/json",
                "{}",
                "answers 404",
            ),
            (
                "302 Found\r\nlocation: /x",
                "",
                "redirects are not followed",
            ),
        ] {
            let refused = of(head, body).await.unwrap_err();
            assert!(
                refused.contains("/document cannot be fetched") && refused.contains(expected),
                "{refused}"
            );
        }
    }
}
