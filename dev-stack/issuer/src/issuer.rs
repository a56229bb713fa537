//! The issuer: its configuration, who is logged in, and which codes are open. The endpoints are files of their own.

use std::time::SystemTime;

use keyfront_dev_ground::clock::Clock;

use super::codes::{Codes, Grant};
use super::config::{Client, IssuerConfig};
use super::error::IssuerError;
use super::id_token::IdToken;
use super::person::Person;
use super::sessions::{Login, Sessions};
use super::signing_key::SigningKey;

/// An OpenID Connect issuer. Sessions and codes are in memory and end with it.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    pub(super) clients: Vec<Client>,
    pub(super) signing_key: SigningKey,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    pub(super) codes: Codes,
}

impl Issuer {
    /// An issuer without sessions.
    ///
    /// # Errors
    /// [`IssuerError`]: its address, a client's id or one of a client's addresses is invalid.
    pub fn new(config: IssuerConfig) -> Result<Self, IssuerError> {
        config.validate()?;
        Ok(Self {
            url: config.url,
            clients: config.clients,
            signing_key: config.signing_key,
            clock: config.clock,
            sessions: Sessions::new(),
            codes: Codes::new(),
        })
    }

    /// The `iss` of its tokens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that signs; to be kept for the next start.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    /// An ID token (OpenID Connect Core 1.0, 2) without a login over HTTP: for `subject` (1 to 255 printable ASCII
    /// characters) in `groups` (2,048 bytes together), for the client `audience`, who need not be configured. It is valid
    /// for an hour from `now`, and has no nonce.
    ///
    /// # Errors
    /// [`IssuerError::Person`]: the subject or a group is invalid. [`IssuerError::Signature`]
    pub fn token(
        &self,
        subject: &str,
        groups: &[&str],
        audience: &str,
        now: SystemTime,
    ) -> Result<String, IssuerError> {
        let login = Login {
            person: Person::new(subject, groups)?,
            at: now,
        };
        let token = IdToken {
            issuer: &self.url,
            audience,
            login: &login,
            nonce: None,
        };
        Ok(self.signing_key.sign_jwt(&token.claims(now))?)
    }

    /// The ID token that a code stands for.
    pub(super) fn token_of(&self, grant: &Grant) -> Result<String, p256::ecdsa::Error> {
        let token = IdToken {
            issuer: &self.url,
            audience: &grant.client_id,
            login: &grant.login,
            nonce: grant.nonce.as_deref(),
        };
        self.signing_key.sign_jwt(&token.claims(self.clock.now()))
    }
}
