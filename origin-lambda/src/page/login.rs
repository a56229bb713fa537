//! Publishers' logins on the page: exchanges the code that an issuer gave the page for the token that it shows from then on.
//!
//! The page began the login, and holds its state and PKCE's secret; nothing of it is kept here. Who the token's bearer is, is
//! decided as for every other request.

use http::Uri;
use keyfront_origin_core::oidc::Login;
use tokio::sync::Semaphore;

use crate::{error::Error, token_endpoint::TokenEndpoint};

/// Exchanges at a time: strangers can ask for them.
const AT_ONCE: usize = 8;
/// Bytes of a text that a page sends along at most.
const LONGEST: usize = 2048;

/// What a page has after a login.
#[derive(Debug)]
pub(crate) struct PageLogin {
    /// The issuer's code.
    pub(crate) code: String,
    /// PKCE's secret (RFC 7636).
    pub(crate) code_verifier: String,
    /// Where the issuer sent the browser back.
    pub(crate) redirect_uri: String,
}

/// The client.
#[derive(Debug)]
pub(crate) struct PageLogins {
    tokens: TokenEndpoint,
    exchanges: Semaphore,
}

impl Default for PageLogins {
    fn default() -> Self {
        Self {
            tokens: TokenEndpoint::default(),
            exchanges: Semaphore::new(AT_ONCE),
        }
    }
}

impl PageLogins {
    /// The token for a code. Nobody has verified it yet.
    ///
    /// # Errors
    /// [`Error::UploadRefused`] of texts that are none of a login, [`Error::LoginsBusy`], [`Error::CodeNotExchanged`],
    /// [`Error::Unauthenticated`] where the issuer does not take the code.
    pub(crate) async fn exchange(&self, at: &Login, login: &PageLogin) -> Result<String, Error> {
        login.check()?;
        let _one = self
            .exchanges
            .try_acquire()
            .map_err(|_| Error::LoginsBusy)?;
        let exchanged = self.tokens.exchange(at, login.token_request(at)).await?;
        exchanged.ok_or(Error::Unauthenticated(
            "the issuer does not take the code of this login; log in again",
        ))
    }
}

impl PageLogin {
    /// Refuses early what no issuer takes.
    fn check(&self) -> Result<(), Error> {
        let refuse = |reason: &str| Err(Error::UploadRefused(reason.to_owned()));
        let texts = [&self.code, &self.code_verifier, &self.redirect_uri];
        if texts
            .iter()
            .any(|text| text.is_empty() || text.len() > LONGEST)
        {
            return refuse("code, code_verifier and redirect_uri must have 1 to 2048 bytes");
        }
        let uri = self.redirect_uri.parse::<Uri>();
        let is_url = uri.is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some());
        match is_url && !self.redirect_uri.contains('#') {
            true => Ok(()),
            false => refuse("redirect_uri must be a URL without a fragment"),
        }
    }

    /// RFC 6749, 4.1.3; RFC 7636, 4.5.
    fn token_request(&self, login: &Login) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &self.code)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("client_id", &login.client_id)
            .append_pair("code_verifier", &self.code_verifier)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(redirect_uri: &str) -> PageLogin {
        PageLogin {
            code: "c&d".to_owned(),
            code_verifier: "v".repeat(43),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    #[test]
    fn what_no_issuer_takes_is_refused_before_it_is_asked() {
        assert!(login("https://publish.example/").check().is_ok());
        for refused in ["", "/relative", "https://a.example/#b", &"x".repeat(2049)] {
            assert!(login(refused).check().is_err(), "{refused}");
        }
        let nothing = PageLogin {
            code: String::new(),
            ..login("https://publish.example/")
        };
        assert!(nothing.check().is_err());
    }

    #[test]
    fn the_request_is_that_of_a_public_client_with_pkce() {
        let at: Login = serde_json::from_value(serde_json::json!({
            "issuer": "staff", "client_id": "page", "authorization_endpoint": "https://i.example/a",
            "token_endpoint": "https://i.example/t",
        }))
        .unwrap();
        let request = login("https://publish.example/").token_request(&at);
        let verifier = "v".repeat(43);
        assert_eq!(
            request,
            format!(
                "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fpublish.example%2F&client_id=page&code_verifier={verifier}"
            )
        );
    }

    #[tokio::test]
    async fn more_exchanges_than_eight_at_a_time_wait_for_nobody() {
        let at: Login = serde_json::from_value(serde_json::json!({
            "issuer": "staff", "client_id": "page", "authorization_endpoint": "https://i.example/a",
            "token_endpoint": "https://i.example/t",
        }))
        .unwrap();
        let logins = PageLogins::default();
        let _held = logins.exchanges.try_acquire_many(8).unwrap();
        let refused = logins
            .exchange(&at, &login("https://publish.example/"))
            .await;
        assert!(matches!(refused, Err(Error::LoginsBusy)), "{refused:?}");
    }
}
