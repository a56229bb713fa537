//! Exchanges the code of a login for an ID token: one POST, no redirects, little time, few bytes.

use std::time::Duration;

use http::{
    Request,
    header::{ACCEPT, CONTENT_TYPE},
};
use keyfront_aws_call::{HttpCaller, HttpError, Limits};
use serde::Deserialize;

use crate::{
    error::{Error, Source},
    oidc::Login,
};

const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    bytes: 64 << 10,
};

/// Why there is no ID token. For the log: what an issuer says in its answers is not repeated, since it may hold tokens.
#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    #[error("the request cannot be made")]
    Request(#[source] Source),
    #[error("the token endpoint cannot be reached")]
    Http(#[from] HttpError),
    #[error("the token endpoint returned {0}")]
    Status(u16),
    #[error("the token endpoint returned no ID token")]
    NoToken,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The client.
#[derive(Debug, Default)]
pub(crate) struct TokenEndpoint(HttpCaller);

impl TokenEndpoint {
    /// The ID token for a form-encoded request. Nobody has verified it yet. `None` if the issuer does not take the code
    /// (RFC 6749, 5.2), which is logged: it may be the client that it does not know.
    ///
    /// # Errors
    /// [`Error::CodeNotExchanged`].
    pub(crate) async fn exchange(
        &self,
        login: &Login,
        request: String,
    ) -> Result<Option<String>, Error> {
        let exchanged = self.call(login, request).await;
        if let Err(ExchangeError::Status(status @ (400 | 401))) = exchanged {
            tracing::warn!(
                issuer = login.issuer,
                status,
                "the issuer refuses the code of a login"
            );
            return Ok(None);
        }
        exchanged
            .map(Some)
            .map_err(|error| Error::CodeNotExchanged {
                issuer: login.issuer.clone(),
                source: error.into(),
            })
    }

    async fn call(&self, login: &Login, request: String) -> Result<String, ExchangeError> {
        let request = Request::post(login.token_endpoint.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(request.into_bytes())
            .map_err(|error| ExchangeError::Request(error.into()))?;
        let reply = self.0.call(request, LIMITS).await?;
        if reply.status != 200 {
            return Err(ExchangeError::Status(reply.status));
        }
        let tokens: Tokens =
            serde_json::from_slice(&reply.body).map_err(|_| ExchangeError::NoToken)?;
        Ok(tokens.id_token)
    }
}
