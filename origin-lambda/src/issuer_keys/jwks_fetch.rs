//! Fetches a key set over HTTPS.
//!
//! It decides nothing about when.

use std::time::Duration;

use keyfront_aws_call::{HttpCaller, JsonDocumentError, Limits};

use crate::oidc::{Jwks, JwksError, MAX_SET};

const LIMITS: Limits = Limits {
    time: Duration::from_secs(3),
    bytes: MAX_SET,
};

/// Why there is no key set. For the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the issuer's keys cannot be fetched")]
    Document(#[from] JsonDocumentError),
    #[error("the key set is not usable")]
    Keys(#[from] JwksError),
}

/// The client.
#[derive(Debug, Default)]
pub(super) struct JwksFetch(HttpCaller);

impl JwksFetch {
    pub(super) async fn fetch(&self, url: &str) -> Result<Jwks, FetchError> {
        let document = self.0.json_document(url, LIMITS).await?;
        Ok(Jwks::parse(&document)?)
    }
}
