//! One AWS service: its endpoint, how its requests are signed, and which failures are tried again.
//!
//! Sources: AWS SDKs and Tools Reference Guide, "Retry behavior" (the standard mode); the error forms of the REST-XML
//! and AWS JSON protocols.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderName, HeaderValue, Method, Request};
use keyfront_sigv4::{Payload, Profile, Signer, SigningContext, SigningError};
use serde::Deserialize;

use super::{
    HttpCaller, HttpError, Limits, Reply,
    credentials::{SigningCredentials, SigningCredentialsError},
};
use crate::error::Source;

/// Attempts of one call.
const ATTEMPTS: u32 = 3;
/// What one attempt may cost. A reply repeats the paths of a request, which are 3,000 at most.
const ATTEMPT: Limits = Limits {
    time: Duration::from_secs(3),
    bytes: 16 << 20,
};
/// Time of all attempts and the pauses between them.
const ALL_ATTEMPTS: Duration = Duration::from_secs(6);
/// The longest first pause; every further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Codes by which services ask to slow down.
const THROTTLING: [&str; 9] = [
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Why a call failed, after all attempts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AwsError {
    /// The origin has no usable credentials.
    #[error("the call cannot be signed")]
    Credentials(#[from] SigningCredentialsError),
    /// The call cannot be signed as it is.
    #[error("the call cannot be signed")]
    Signing(#[from] SigningError),
    /// The call is no HTTP request.
    #[error("the call cannot be written")]
    Request(#[source] Source),
    /// No reply.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Attempts and pauses took too long.
    #[error("the call took more than {ALL_ATTEMPTS:?}")]
    Timeout,
    /// The service refused.
    #[error("the service returned {status} {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// AWS's name of the error; empty if the body has none.
        code: String,
    },
    /// The service accepted, and its reply cannot be read.
    #[error("the service's reply cannot be read")]
    Reply(#[source] Source),
}

impl AwsError {
    /// AWS's name of the error, of a refusal.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::Http(error) => !matches!(error, HttpError::Request(_) | HttpError::TooLarge(_)),
            Self::Refused { status, code } => {
                matches!(status, 429 | 500 | 502 | 503 | 504) || THROTTLING.contains(&code.as_str())
            }
            Self::Credentials(_)
            | Self::Signing(_)
            | Self::Request(_)
            | Self::Timeout
            | Self::Reply(_) => false,
        }
    }
}

/// One call: `POST` of a document.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// On the service's host.
    pub(crate) path: String,
    /// Besides those of the signature.
    pub(crate) headers: Vec<(HeaderName, &'static str)>,
    /// The document.
    pub(crate) body: Vec<u8>,
}

/// Where a service is and how its requests are signed.
pub(crate) struct Service {
    name: &'static str,
    region: String,
    endpoint: String,
    credentials: SigningCredentials,
    signer: Mutex<Signer>,
    http: HttpCaller,
}

impl Service {
    /// The service with the signing name `name` in `region`, at `endpoint` (`https://host[:port]`).
    pub(crate) fn new(
        name: &'static str,
        region: String,
        endpoint: &str,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        Self {
            name,
            region,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            credentials: SigningCredentials::new(credentials),
            signer: Mutex::default(),
            http: HttpCaller::default(),
        }
    }

    /// Makes a call, and repeats it where that may help. A repeated call has the same document.
    ///
    /// # Errors
    /// [`AwsError`], that of the last attempt.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, AwsError> {
        let attempts = async {
            let mut attempt = 1;
            loop {
                match self.attempt(call).await {
                    Err(error) if attempt < ATTEMPTS && error.may_pass() => {
                        tokio::time::sleep(pause(attempt)).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        tokio::time::timeout(ALL_ATTEMPTS, attempts)
            .await
            .unwrap_or(Err(AwsError::Timeout))
    }

    async fn attempt(&self, call: &Call) -> Result<Reply, AwsError> {
        let request = self.signed(call).await?;
        let reply = self.http.call(request, ATTEMPT).await?;
        match reply.status {
            200..=299 => Ok(reply),
            status => Err(AwsError::Refused {
                status,
                code: error_code(&reply.body).unwrap_or_default(),
            }),
        }
    }

    async fn signed(&self, call: &Call) -> Result<Request<Vec<u8>>, AwsError> {
        let moment = self.credentials.moment().await?;
        let (_, host) = self
            .endpoint
            .split_once("://")
            .unwrap_or(("", &self.endpoint));
        let mut headers = vec![("host", host)];
        headers.extend(
            call.headers
                .iter()
                .map(|(name, value)| (name.as_str(), *value)),
        );
        let to_sign = keyfront_sigv4::Request {
            method: "POST",
            path: &call.path,
            query: "",
            headers: &headers,
            payload: Payload::Bytes(&call.body),
        };
        let context = SigningContext {
            credentials: &moment.credentials,
            region: &self.region,
            service: self.name,
            profile: Profile::of(self.name),
            date: moment.date,
        };
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{}", self.endpoint, call.path));
        for (name, value) in &call.headers {
            request = request.header(name, *value);
        }
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, value) in signer.sign(&to_sign, &context)?.iter() {
            let value =
                HeaderValue::from_str(value).map_err(|error| AwsError::Request(error.into()))?;
            request = request.header(name, value);
        }
        request
            .body(call.body.clone())
            .map_err(|error| AwsError::Request(error.into()))
    }
}

/// Between no time and twice the time of the pause before, so that many callers do not come back together.
fn pause(attempt: u32) -> Duration {
    let mut random = [0xff; 1];
    // Without randomness the pause is the longest one.
    let _ = getrandom::fill(&mut random);
    FIRST_PAUSE * 2_u32.pow(attempt - 1) * u32::from(random[0]) / 256
}

/// AWS's name of an error: `Code` in XML, `__type` without its namespace in JSON.
fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Json {
        #[serde(rename = "__type")]
        kind: String,
    }
    #[derive(Deserialize)]
    struct ErrorResponse {
        #[serde(rename = "Error")]
        error: XmlError,
    }
    #[derive(Deserialize)]
    struct XmlError {
        #[serde(rename = "Code")]
        code: String,
    }
    if let Ok(Json { kind }) = serde_json::from_slice(body) {
        return kind.rsplit('#').next().map(str::to_owned);
    }
    let text = std::str::from_utf8(body).ok()?;
    let ErrorResponse { error } = quick_xml::de::from_str(text).ok()?;
    Some(error.code)
}

#[cfg(test)]
mod tests;
