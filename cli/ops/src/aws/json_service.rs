//! A service of the AWS JSON 1.1 protocol, called without its SDK (docs/decisions/0015-two-calls-without-their-sdks.md):
//! signed by `keyfront-sigv4`, sent over the connector that the SDKs link anyway, sent again where that helps.
//!
//! It knows the form of requests and errors, and no operation: those are their users'.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_s3::{
    config::{ProvideCredentials as _, SharedCredentialsProvider},
    primitives::{ByteStream, SdkBody},
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use http::Request;
use keyfront_names::host;
use keyfront_sigv4::{
    AmzDate, Credentials, Payload, Profile, SecretAccessKey, SessionToken, Signer, SigningContext,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

const ATTEMPTS: u32 = 6;
/// Before the second attempt; twice as long before every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const CONNECT: Duration = Duration::from_secs(10);
/// One attempt, from connecting to the last byte.
const ATTEMPT: Duration = Duration::from_secs(30);
/// A page of log lines has 1 MiB.
const MAX_REPLY: usize = 16 << 20;
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Codes by which services ask to slow down.
const THROTTLING: [&str; 3] = [
    "Throttling",
    "ThrottlingException",
    "ServiceUnavailableException",
];

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// CloudWatch Logs.
    Logs,
    /// Certificate Manager.
    Certificates,
}

impl Api {
    /// Its name in hosts and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Certificates => "acm",
        }
    }

    /// What `X-Amz-Target` begins with.
    const fn target(self) -> &'static str {
        match self {
            Self::Logs => "Logs_20140328",
            Self::Certificates => "CertificateManager",
        }
    }
}

/// Why a call failed, after all attempts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The service refused.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's name of the error.
        code: String,
        /// What the service said.
        message: String,
        /// HTTP status.
        status: u16,
    },
    /// The call cannot be signed or written.
    #[error("the call cannot be signed: {0:#}")]
    Unsigned(anyhow::Error),
    /// No usable reply.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl CallError {
    /// AWS's name of the error, of a refusal.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Unsigned(_) | Self::Failed(_) => None,
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::Refused { code, status, .. } => {
                *status >= 500 || THROTTLING.contains(&code.as_str())
            }
            Self::Failed(_) => true,
            Self::Unsigned(_) => false,
        }
    }
}

/// A service in one Region.
pub(crate) struct JsonService {
    api: Api,
    region: String,
    endpoint: String,
    credentials: Option<SharedCredentialsProvider>,
    connector: Connector,
}

impl JsonService {
    /// The service in `region`, or where the configuration's endpoint is.
    pub(crate) fn new(config: &SdkConfig, api: Api, region: &str) -> Self {
        let own = || format!("https://{}", host::of_service(api.name(), region));
        let endpoint = config.endpoint_url().map_or_else(own, str::to_owned);
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT);
        Self {
            api,
            region: region.to_owned(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            credentials: config.credentials_provider(),
            connector: Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .connector_settings(settings.build())
                .build(),
        }
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// [`CallError`], that of the last attempt.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: &Value,
    ) -> Result<T, CallError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(operation, input).await {
                Err(error) if error.may_pass() => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.attempt(operation, input).await
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: &Value,
    ) -> Result<T, CallError> {
        let request = self.signed(operation, input.to_string()).await;
        let request = request.map_err(CallError::Unsigned)?;
        let reply = tokio::time::timeout(ATTEMPT, self.send(request)).await;
        let reply = reply.with_context(|| format!("no reply within {ATTEMPT:?}"));
        let (status, body) = reply.flatten().map_err(CallError::Failed)?;
        if !(200..300).contains(&status) {
            return Err(refusal(status, &body));
        }
        // Operations without output reply nothing at all.
        let body = if body.is_empty() { b"{}" } else { &*body };
        let read = serde_json::from_slice(body).context("the service's reply cannot be read");
        read.map_err(CallError::Failed)
    }

    async fn send(&self, request: HttpRequest) -> anyhow::Result<(u16, Vec<u8>)> {
        let reply = self.connector.call(request).await?;
        let status = reply.status().as_u16();
        let mut stream = ByteStream::new(reply.into_body());
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk.context("the reply stopped arriving")?);
            anyhow::ensure!(
                body.len() <= MAX_REPLY,
                "the reply is larger than {MAX_REPLY} bytes"
            );
        }
        Ok((status, body))
    }

    async fn signed(&self, operation: &str, body: String) -> anyhow::Result<HttpRequest> {
        let provider = self
            .credentials
            .as_ref()
            .context("there are no credentials")?;
        let known = provider.provide_credentials().await?;
        let token = known.session_token().map(SessionToken::new).transpose()?;
        let secret = SecretAccessKey::new(known.secret_access_key())?;
        let credentials = Credentials::new(known.access_key_id(), secret, token)?;
        let (_, host) = host::endpoint(&self.endpoint)?;
        let target = format!("{}.{operation}", self.api.target());
        let headers = [
            ("host", host),
            ("content-type", CONTENT_TYPE),
            ("x-amz-target", &target),
        ];
        let to_sign = keyfront_sigv4::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            payload: Payload::Bytes(body.as_bytes()),
        };
        let context = SigningContext {
            credentials: &credentials,
            region: &self.region,
            service: self.api.name(),
            profile: Profile::of(self.api.name()),
            date: now()?,
        };
        let mut request = Request::builder()
            .method("POST")
            .uri(format!("{}/", self.endpoint))
            .header("content-type", CONTENT_TYPE)
            .header("x-amz-target", &target);
        for (name, value) in Signer::default().sign(&to_sign, &context)?.iter() {
            request = request.header(name, value);
        }
        Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
    }
}

fn now() -> anyhow::Result<AmzDate> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(AmzDate::from_unix(i64::try_from(since.as_secs())?)?)
}

/// `__type` without its namespace, and `message` in either spelling.
fn refusal(status: u16, body: &[u8]) -> CallError {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let kind = text("__type");
    let code = kind.rsplit('#').next().unwrap_or_default();
    let message = [text("message"), text("Message")].concat();
    CallError::Refused {
        code: match code {
            "" => format!("HTTP status {status}"),
            code => code.to_owned(),
        },
        message,
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_named_without_its_namespace_and_only_what_may_pass_is_sent_again() {
        let throttled = refusal(400, br#"{"__type":"com.amazonaws#ThrottlingException"}"#);
        assert_eq!(throttled.code(), Some("ThrottlingException"));
        assert!(throttled.may_pass());
        let denied = br#"{"__type":"AccessDeniedException","Message":"no"}"#;
        let denied = refusal(400, denied);
        assert!(!denied.may_pass());
        assert_eq!(denied.to_string(), "AccessDeniedException: no");
        assert!(refusal(503, b"busy").may_pass());
    }
}
