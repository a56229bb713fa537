//! Fetches a key set over HTTPS: one GET, no redirects, little time, few bytes.
//!
//! It decides nothing about when.

use std::time::Duration;

use http::{Request, header::ACCEPT};
use keyfront_aws_call::{HttpCaller, HttpError, Limits, Reply};

use crate::{
    error::Source,
    oidc::{Jwks, JwksError, MAX_SET},
};

const LIMITS: Limits = Limits {
    time: Duration::from_secs(3),
    bytes: MAX_SET,
};

/// Why there is no key set. For the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the request cannot be made")]
    Request(#[source] Source),
    #[error("the issuer's keys cannot be fetched")]
    Http(#[from] HttpError),
    #[error("the issuer returned {0}")]
    Status(u16),
    #[error("the issuer's response is not JSON")]
    ContentType,
    #[error("the key set is not usable")]
    Keys(#[from] JwksError),
}

/// The client.
#[derive(Debug, Default)]
pub(super) struct JwksFetch(HttpCaller);

impl JwksFetch {
    pub(super) async fn fetch(&self, url: &str) -> Result<Jwks, FetchError> {
        let request = Request::get(url)
            .header(ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| FetchError::Request(error.into()))?;
        let reply = self.0.call(request, LIMITS).await?;
        if reply.status != 200 {
            return Err(FetchError::Status(reply.status));
        }
        if !is_json(&reply) {
            return Err(FetchError::ContentType);
        }
        Ok(Jwks::parse(&reply.body)?)
    }
}

/// `application/json`, or a type of that syntax such as `application/jwk-set+json`.
fn is_json(reply: &Reply) -> bool {
    reply
        .media_type
        .as_deref()
        .is_some_and(|essence| essence == "application/json" || essence.ends_with("+json"))
}
