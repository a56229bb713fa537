//! Fetches a key set over HTTPS: one GET, no redirects, little time, few bytes.
//!
//! It decides nothing about when.

use std::{sync::OnceLock, time::Duration};

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::HttpConnector as _,
    orchestrator::{HttpRequest, HttpResponse},
};

use super::jwks::{Jwks, JwksError, MAX_SET};

/// From connecting to the last byte.
const LIMIT: Duration = Duration::from_secs(3);

/// Why there is no key set. For the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the request cannot be made")]
    Request(#[source] crate::error::Source),
    #[error("the issuer cannot be reached")]
    Unreachable(#[source] crate::error::Source),
    #[error("the issuer did not answer within {LIMIT:?}")]
    Timeout,
    #[error("the issuer answered {0}")]
    Status(u16),
    #[error("the issuer's answer is not JSON")]
    ContentType,
    #[error("the answer stopped arriving")]
    Interrupted(#[source] crate::error::Source),
    #[error("the key set is larger than {MAX_SET} bytes")]
    TooLarge,
    #[error("the key set is not usable")]
    Keys(#[from] JwksError),
}

/// The client. It is made at the first fetch: reading the system's certificates takes a moment,
/// which a start without JWTs need not wait for.
#[derive(Debug, Default)]
pub(super) struct JwksFetch(OnceLock<Connector>);

impl JwksFetch {
    pub(super) async fn fetch(&self, url: &str) -> Result<Jwks, FetchError> {
        let connector = self.0.get_or_init(|| {
            Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build()
        });
        let document = tokio::time::timeout(LIMIT, read(connector, url))
            .await
            .map_err(|_| FetchError::Timeout)??;
        Ok(Jwks::parse(&document)?)
    }
}

async fn read(connector: &Connector, url: &str) -> Result<Vec<u8>, FetchError> {
    let mut request = HttpRequest::empty();
    request
        .set_uri(url)
        .map_err(|error| FetchError::Request(error.into()))?;
    request.headers_mut().insert("accept", "application/json");
    let answer = connector
        .call(request)
        .await
        .map_err(|error| FetchError::Unreachable(error.into()))?;
    if answer.status().as_u16() != 200 {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    if !is_json(&answer) {
        return Err(FetchError::ContentType);
    }
    let mut body = ByteStream::new(answer.into_body());
    let mut document = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| FetchError::Interrupted(error.into()))?;
        if document.len() + chunk.len() > MAX_SET {
            return Err(FetchError::TooLarge);
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

/// `application/json`, or a type of that syntax such as `application/jwk-set+json`.
fn is_json(answer: &HttpResponse) -> bool {
    let essence = answer
        .headers()
        .get("content-type")
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    essence.is_some_and(|essence| essence == "application/json" || essence.ends_with("+json"))
}
