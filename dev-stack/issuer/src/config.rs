//! What an issuer is made of: its address, its clients, its key.

use std::collections::HashSet;

use http::Uri;
use keyfront_dev_ground::clock::Clock;

use super::error::IssuerError;
use super::signing_key::SigningKey;

const LONGEST_CLIENT_ID: usize = 255;

/// What an [`Issuer`](crate::Issuer) is made of.
#[derive(Debug)]
pub struct IssuerConfig {
    /// The `iss` of its tokens and the base of its endpoints: scheme, host and port without a slash at the end, such as
    /// `http://localhost:9400`.
    pub url: String,
    /// Who may ask for logins.
    pub clients: Vec<Client>,
    /// Signs the ID tokens.
    pub signing_key: SigningKey,
    /// What logins, codes and tokens are dated by.
    pub clock: Clock,
}

/// A public client (RFC 6749, 2.1): it has no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`, the `aud` of its ID tokens.
    pub id: String,
    /// Where codes may be sent: absolute URLs, compared byte by byte (RFC 9700, 2.1).
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after logging out: absolute URLs, compared byte by byte.
    pub post_logout_redirect_uris: Vec<String>,
}

impl IssuerConfig {
    /// # Errors
    /// [`IssuerError`]: the address, a client's id or one of its addresses.
    pub(super) fn validate(&self) -> Result<(), IssuerError> {
        if !is_origin(&self.url) {
            return Err(IssuerError::Url(self.url.clone()));
        }
        let mut ids = HashSet::new();
        for client in &self.clients {
            client.validate()?;
            if !ids.insert(&client.id) {
                return Err(IssuerError::RepeatedClient(client.id.clone()));
            }
        }
        Ok(())
    }
}

impl Client {
    fn validate(&self) -> Result<(), IssuerError> {
        let printable = self.id.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || !(1..=LONGEST_CLIENT_ID).contains(&self.id.len()) {
            return Err(IssuerError::ClientId(self.id.clone()));
        }
        let mut uris = self
            .redirect_uris
            .iter()
            .chain(&self.post_logout_redirect_uris);
        match uris.find(|uri| !is_absolute_url(uri)) {
            Some(uri) => Err(IssuerError::ClientUri {
                client: self.id.clone(),
                uri: uri.clone(),
            }),
            None => Ok(()),
        }
    }
}

fn is_origin(url: &str) -> bool {
    let path = url.split_once("://").map_or("", |(_, rest)| rest);
    is_absolute_url(url) && !path.contains(['/', '?'])
}

/// A fragment is looked for in the text, since [`Uri`] drops it (RFC 6749, 3.1.2 allows none).
fn is_absolute_url(url: &str) -> bool {
    let graphic = url.bytes().all(|byte| byte.is_ascii_graphic());
    let parsed = url.parse::<Uri>().ok().filter(|_| graphic);
    let http = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
    parsed.is_some_and(|uri| http(&uri) && uri.host().is_some_and(|host| !host.is_empty()))
        && !url.contains(['#', '\\'])
        && !authority(url).contains('@')
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config(url: &str, clients: Vec<Client>) -> IssuerConfig {
        IssuerConfig {
            url: url.to_owned(),
            clients,
            signing_key: SigningKey::generate().unwrap(),
            clock: Clock::system(),
        }
    }

    fn client(id: &str, uri: &str) -> Client {
        Client {
            id: id.to_owned(),
            redirect_uris: vec![uri.to_owned()],
            post_logout_redirect_uris: Vec::new(),
        }
    }

    #[test]
    fn an_issuer_is_named_by_scheme_host_and_port() {
        for url in ["http://localhost:9400", "https://issuer", "http://[::1]:1"] {
            assert!(config(url, Vec::new()).validate().is_ok(), "{url}");
        }
        for url in [
            "",
            "localhost:9400",
            "/",
            "http://",
            "http://localhost:9400/",
            "http://localhost/path",
            "http://localhost?x",
            "http://localhost#x",
            "http://user@localhost",
            "ftp://localhost",
        ] {
            let refused = config(url, Vec::new()).validate();
            assert!(matches!(refused, Err(IssuerError::Url(_))), "{url}");
        }
    }

    #[test]
    fn addresses_of_clients_are_absolute_urls_without_user_and_fragment() {
        for uri in ["https://localhost:8443/cb?x=1", "http://[::1]/"] {
            let config = config("http://localhost", vec![client("c", uri)]);
            assert!(config.validate().is_ok(), "{uri}");
        }
        for uri in [
            "",
            "/cb",
            "app:/cb",
            "javascript:alert(1)",
            "http://a/#f",
            "http://u@a/",
            "http://a/\r\nx: y",
            "http://a/é",
            "http://a\\@b/",
        ] {
            let config = config("http://localhost", vec![client("c", uri)]);
            let refused = config.validate();
            assert!(
                matches!(refused, Err(IssuerError::ClientUri { .. })),
                "{uri}"
            );
        }
    }

    #[test]
    fn addresses_after_logout_are_validated_too() {
        let mut one = client("c", "http://a/");
        one.post_logout_redirect_uris = vec!["bye".to_owned()];
        let refused = config("http://localhost", vec![one]).validate();
        assert!(matches!(refused, Err(IssuerError::ClientUri { .. })));
    }

    #[test]
    fn every_client_has_an_id_of_its_own() {
        for id in ["", "a\n", "é", &"x".repeat(256)] {
            let refused = config("http://localhost", vec![client(id, "http://a/")]).validate();
            assert!(matches!(refused, Err(IssuerError::ClientId(_))), "{id:?}");
        }
        let twice = vec![client("c", "http://a/"), client("c", "http://b/")];
        let refused = config("http://localhost", twice).validate();
        assert!(matches!(refused, Err(IssuerError::RepeatedClient(_))));
    }
}
