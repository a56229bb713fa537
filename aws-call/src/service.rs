//! One AWS service: its endpoint, how its requests are signed, and which failures are tried again.
//!
//! Sources: AWS SDKs and Tools Reference Guide, "Retry behavior" (the standard mode); the error forms of the REST-XML
//! and AWS JSON protocols.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderName, HeaderValue, Method, Request};
use keyfront_contract::upstream::asks_to_slow_down;
use keyfront_sigv4::{Payload, Profile, Signer, SigningContext, SigningError};
use serde::Deserialize;

use super::{
    HttpCaller, HttpError, Limits, Reply,
    credentials::{SigningCredentials, SigningCredentialsError},
};
use crate::Source;

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Attempts of one call.
    pub attempts: u32,
    /// What one attempt may cost.
    pub attempt: Limits,
    /// Time of all attempts and the pauses between them.
    pub all_attempts: Duration,
    /// The longest first pause; every further one may be twice as long.
    pub first_pause: Duration,
}

impl RetryPolicy {
    /// For what happens while a request waits.
    pub const REQUEST: Self = Self {
        attempts: 3,
        // A reply of CloudFront repeats the paths of an invalidation, which are 3,000 at most.
        attempt: Limits {
            time: Duration::from_secs(3),
            bytes: 16 << 20,
        },
        all_attempts: Duration::from_secs(6),
        first_pause: Duration::from_secs(1),
    };

    /// For a command that somebody watches.
    pub const COMMAND: Self = Self {
        attempts: 6,
        // A page of log lines has 1 MiB.
        attempt: Limits {
            time: Duration::from_secs(30),
            bytes: 16 << 20,
        },
        all_attempts: Duration::from_secs(120),
        first_pause: Duration::from_millis(200),
    };
}

/// Unavailable for a moment, which some services say with a status below 500.
const UNAVAILABLE: &str = "ServiceUnavailableException";

/// Whether a refusal with this HTTP status may pass by itself, so that another attempt is worth it.
#[must_use]
pub const fn status_may_pass(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Why a call failed, after all attempts.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// There are no usable credentials.
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
    #[error("the call took more than {0:?}")]
    Timeout(Duration),
    /// The service refused.
    #[error("the service returned {status} {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// AWS's name of the error; empty if the body has none.
        code: String,
        /// AWS's words. They may name resources: not part of what `Display` writes.
        message: String,
    },
    /// The service accepted, and its reply cannot be read.
    #[error("the service's response cannot be read")]
    Reply(#[source] Source),
}

impl AwsError {
    /// AWS's name of the error, of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::Http(error) => !matches!(error, HttpError::Request(_) | HttpError::TooLarge(_)),
            Self::Refused { status, code, .. } => {
                status_may_pass(*status) || asks_to_slow_down(code) || code == UNAVAILABLE
            }
            Self::Credentials(_)
            | Self::Signing(_)
            | Self::Request(_)
            | Self::Timeout(_)
            | Self::Reply(_) => false,
        }
    }
}

/// One call: `POST` of a document.
#[derive(Debug, Clone)]
pub struct Call {
    /// On the service's host.
    pub path: String,
    /// Besides those of the signature.
    pub headers: Vec<(HeaderName, Cow<'static, str>)>,
    /// The document.
    pub body: Vec<u8>,
}

/// Where a service is and how its requests are signed.
pub struct Service {
    name: &'static str,
    region: String,
    endpoint: String,
    credentials: SigningCredentials,
    retries: RetryPolicy,
    signer: Mutex<Signer>,
    http: HttpCaller,
}

impl Service {
    /// The service with the signing name `name` in `region`, at `endpoint` (`https://host[:port]`).
    pub fn new(
        name: &'static str,
        region: String,
        endpoint: &str,
        credentials: SharedCredentialsProvider,
        retries: RetryPolicy,
    ) -> Self {
        Self {
            name,
            region,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            credentials: SigningCredentials::new(credentials),
            retries,
            signer: Mutex::default(),
            http: HttpCaller::default(),
        }
    }

    /// Makes a call, and repeats it where that may help. A repeated call has the same document.
    ///
    /// # Errors
    /// [`AwsError`], that of the last attempt.
    pub async fn call(&self, call: &Call) -> Result<Reply, AwsError> {
        let attempts = async {
            let mut attempt = 1;
            loop {
                match self.attempt(call).await {
                    Err(error) if attempt < self.retries.attempts && error.may_pass() => {
                        tokio::time::sleep(pause(self.retries.first_pause, attempt)).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        let limit = self.retries.all_attempts;
        tokio::time::timeout(limit, attempts)
            .await
            .unwrap_or(Err(AwsError::Timeout(limit)))
    }

    async fn attempt(&self, call: &Call) -> Result<Reply, AwsError> {
        let request = self.signed(call).await?;
        let reply = self.http.call(request, self.retries.attempt).await?;
        match reply.status {
            200..=299 => Ok(reply),
            status => {
                let (code, message) = refusal(&reply.body).unwrap_or_default();
                Err(AwsError::Refused {
                    status,
                    code,
                    message,
                })
            }
        }
    }

    async fn signed(&self, call: &Call) -> Result<Request<Vec<u8>>, AwsError> {
        let moment = self.credentials.moment().await?;
        let scheme_end = self.endpoint.find("://").map_or(0, |at| at + 3);
        let host = &self.endpoint[scheme_end..];
        let mut headers = vec![("host", host)];
        headers.extend(
            call.headers
                .iter()
                .map(|(name, value)| (name.as_str(), &**value)),
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
            request = request.header(name, &**value);
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
fn pause(first: Duration, attempt: u32) -> Duration {
    let mut random = [0xff; 1];
    // Without randomness the pause is the longest one.
    let _ = getrandom::fill(&mut random);
    first * 2_u32.pow(attempt - 1) * u32::from(random[0]) / 256
}

/// AWS's name of an error and its words: `Code` and `Message` in XML, `__type` without its namespace and `message` in
/// either spelling in JSON.
fn refusal(body: &[u8]) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Json {
        #[serde(rename = "__type")]
        kind: String,
        #[serde(default, alias = "Message")]
        message: String,
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
        #[serde(rename = "Message", default)]
        message: String,
    }
    if let Ok(Json { kind, message }) = serde_json::from_slice(body) {
        let code = kind.rsplit('#').next().unwrap_or_default();
        return Some((code.to_owned(), message));
    }
    let text = std::str::from_utf8(body).ok()?;
    let ErrorResponse { error } = quick_xml::de::from_str(text).ok()?;
    Some((error.code, error.message))
}

#[cfg(test)]
mod tests;
