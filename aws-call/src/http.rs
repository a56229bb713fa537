//! One HTTP request outside of the SDK's clients: no redirects, bounded in time and in bytes.
//!
//! It decides nothing about when, and nothing about what a status means.

use std::{sync::OnceLock, time::Duration};

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use http::Request;

use crate::Source;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// It is no HTTP request.
    #[error("the request cannot be made")]
    Request(#[source] Source),
    /// No connection.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// With its port, if it is not the scheme's.
        host: String,
        /// Why.
        source: Source,
    },
    /// The time is over.
    #[error("{host} did not respond within {time:?}")]
    Timeout {
        /// With its port, if it is not the scheme's.
        host: String,
        /// How long it had.
        time: Duration,
    },
    /// The connection broke within the reply.
    #[error("the response was interrupted")]
    Interrupted(#[source] Source),
    /// The reply is larger than the limit.
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
}

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From connecting to the last byte.
    pub time: Duration,
    /// Bytes of the reply's body.
    pub bytes: usize,
}

/// A reply, whole.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Without parameters, lower-case.
    pub media_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Makes calls. Its client is made at the first one: reading the system's certificates takes a moment, which a start
/// that calls nobody need not wait for.
#[derive(Debug, Default)]
pub struct HttpCaller(OnceLock<Connector>);

impl HttpCaller {
    /// Makes one call.
    ///
    /// # Errors
    /// [`HttpError`]. A status is none.
    pub async fn call(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Reply, HttpError> {
        let connector = self.0.get_or_init(|| {
            let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT);
            Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .connector_settings(settings.build())
                .pool_idle_timeout(Duration::from_secs(4))
                .build()
        });
        let host = request.uri().authority();
        let host = host.map_or_else(String::new, ToString::to_string);
        let request = HttpRequest::try_from(request.map(SdkBody::from))
            .map_err(|error| HttpError::Request(error.into()))?;
        let call = whole(connector, request, &host, limits.bytes);
        match tokio::time::timeout(limits.time, call).await {
            Ok(reply) => reply,
            Err(_) => Err(HttpError::Timeout {
                host,
                time: limits.time,
            }),
        }
    }
}

async fn whole(
    connector: &Connector,
    request: HttpRequest,
    host: &str,
    limit: usize,
) -> Result<Reply, HttpError> {
    let answer = connector
        .call(request)
        .await
        .map_err(|error| HttpError::Unreachable {
            host: host.to_owned(),
            source: error.into(),
        })?;
    let media_type = answer.headers().get("content-type");
    let media_type = media_type.and_then(|value| value.split(';').next());
    let (status, media_type) = (
        answer.status().as_u16(),
        media_type.map(|text| text.trim().to_ascii_lowercase()),
    );
    let mut stream = ByteStream::new(answer.into_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| HttpError::Interrupted(error.into()))?;
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status,
        media_type,
        body,
    })
}
