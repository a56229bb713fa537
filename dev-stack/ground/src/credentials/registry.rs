//! Every access key the stack accepts: found by id, kept in the state, sealed under its root key.
//!
//! It issues and looks up; it does not decide who may have a session (`sts`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfront_iam::{Credentials, Principal, Requester, SecretAccessKey, SessionToken};
use redb::{ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::state::{State, StateError};

const CREDENTIALS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("credentials");

/// How long an ended session is still known, so that its use is reported as "expired" and not "unknown".
const REMEMBER_EXPIRED: Duration = Duration::from_secs(24 * 3600);

/// Why the registry could not keep or read a credential.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The state failed; its own message says what to do.
    #[error("credentials cannot be kept")]
    State(#[from] StateError),
    /// A stored credential does not parse: the state folder was written by something else. Remove it.
    #[error("stored credential is not readable")]
    Stored(#[from] serde_json::Error),
    /// The operating system gave no randomness.
    #[error("no random bytes for a new credential")]
    Randomness(#[from] getrandom::Error),
}

/// Why a presented session token does not go with an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SessionRefusal {
    /// The key belongs to a session and no token was sent.
    #[error("session token is missing")]
    TokenMissing,
    /// The key is long-lived and a token was sent.
    #[error("session token does not belong to a long-lived key")]
    TokenUnexpected,
    /// The token is another one.
    #[error("session token does not match the access key")]
    TokenMismatch,
    /// The session is over.
    #[error("session has expired")]
    Expired,
}

/// A credential and whom it stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registered {
    /// What signs.
    pub credentials: Credentials,
    /// Whom a valid signature authenticates.
    pub principal: Principal,
    /// When it was issued.
    pub issued_at: SystemTime,
}

impl Registered {
    /// Checks the token sent with a request and the session's end.
    ///
    /// Call it after the signature was verified, so that nobody learns about a session whose secret he
    /// does not have.
    ///
    /// # Errors
    /// [`SessionRefusal`]; the token is checked before the expiry.
    pub fn check_session(
        &self,
        presented: Option<&str>,
        now: SystemTime,
    ) -> Result<(), SessionRefusal> {
        match (&self.credentials.session_token, presented) {
            (None, None) => {}
            (None, Some(_)) => return Err(SessionRefusal::TokenUnexpected),
            (Some(_), None) => return Err(SessionRefusal::TokenMissing),
            (Some(token), Some(presented)) if !token.matches(presented) => {
                return Err(SessionRefusal::TokenMismatch);
            }
            (Some(_), Some(_)) => {}
        }
        match self.credentials.expires_at {
            Some(end) if end <= now => Err(SessionRefusal::Expired),
            Some(_) | None => Ok(()),
        }
    }

    /// The requester a verified request of this credential stands for; facts of the transport are the
    /// caller's to add.
    pub fn requester(&self, now: SystemTime) -> Requester {
        let mut requester = Requester::new(self.principal.clone(), now);
        if self.credentials.session_token.is_some() {
            requester.token_issued_at = Some(self.issued_at);
        }
        requester
    }
}

/// All credentials of the stack. Several sessions of one role are valid at once.
#[derive(Debug)]
pub struct CredentialRegistry {
    state: Arc<State>,
    known: RwLock<HashMap<String, Arc<Registered>>>,
}

impl CredentialRegistry {
    /// Loads what the state holds and forgets sessions that ended more than a day before `now`.
    ///
    /// # Errors
    /// [`RegistryError`] if the state cannot be read or holds something unreadable.
    pub fn open(state: Arc<State>, now: SystemTime) -> Result<Self, RegistryError> {
        let mut known = HashMap::new();
        let write = state.begin_write()?;
        {
            let mut table = write.open_table(CREDENTIALS).map_err(StateError::from)?;
            let mut forgotten = Vec::new();
            for row in table.iter().map_err(StateError::from)? {
                let (id, sealed) = row.map_err(StateError::from)?;
                let plain = state.unseal(&sealing_purpose(id.value()), sealed.value())?;
                let registered: Registered = serde_json::from_slice(&plain)?;
                match registered.credentials.expires_at {
                    Some(end) if end + REMEMBER_EXPIRED < now => {
                        forgotten.push(id.value().to_owned());
                    }
                    Some(_) | None => {
                        known.insert(id.value().to_owned(), Arc::new(registered));
                    }
                }
            }
            for id in forgotten {
                table.remove(id.as_str()).map_err(StateError::from)?;
            }
        }
        write.commit().map_err(StateError::from)?;
        Ok(Self {
            state,
            known: RwLock::new(known),
        })
    }

    /// The credential with this access key id, ended sessions of the last day included.
    pub fn find(&self, access_key_id: &str) -> Option<Arc<Registered>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(access_key_id).cloned()
    }

    /// The long-lived key of a principal: the one it already has, or a new one.
    ///
    /// # Errors
    /// [`RegistryError`] if a new key cannot be made or kept.
    pub fn long_lived(
        &self,
        principal: &Principal,
        now: SystemTime,
    ) -> Result<Credentials, RegistryError> {
        if let Some(existing) = self.existing_long_lived(principal) {
            return Ok(existing);
        }
        let credentials = Credentials {
            access_key_id: access_key_id("AKIA")?,
            secret_access_key: secret_access_key()?,
            session_token: None,
            expires_at: None,
        };
        self.register(credentials, principal.clone(), now)
    }

    /// A new session of a principal, valid for `duration` from `now`.
    ///
    /// # Errors
    /// [`RegistryError`] if it cannot be made or kept.
    pub fn new_session(
        &self,
        principal: Principal,
        now: SystemTime,
        duration: Duration,
    ) -> Result<Credentials, RegistryError> {
        let credentials = Credentials {
            access_key_id: access_key_id("ASIA")?,
            secret_access_key: secret_access_key()?,
            session_token: Some(session_token()?),
            expires_at: Some(now + duration),
        };
        self.register(credentials, principal, now)
    }

    fn existing_long_lived(&self, principal: &Principal) -> Option<Credentials> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<&Arc<Registered>> = known
            .values()
            .filter(|r| r.principal == *principal && r.credentials.session_token.is_none())
            .collect();
        found.sort_by_key(|r| r.issued_at);
        found.first().map(|r| r.credentials.clone())
    }

    fn register(
        &self,
        credentials: Credentials,
        principal: Principal,
        issued_at: SystemTime,
    ) -> Result<Credentials, RegistryError> {
        let id = credentials.access_key_id.clone();
        let registered = Registered {
            credentials: credentials.clone(),
            principal,
            issued_at,
        };
        let plain = Zeroizing::new(serde_json::to_vec(&registered)?);
        let sealed = self.state.seal(&sealing_purpose(&id), &plain)?;
        let write = self.state.begin_write()?;
        {
            let mut table = write.open_table(CREDENTIALS).map_err(StateError::from)?;
            table
                .insert(id.as_str(), sealed.as_slice())
                .map_err(StateError::from)?;
        }
        write.commit().map_err(StateError::from)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, r| match r.credentials.expires_at {
            Some(end) => end + REMEMBER_EXPIRED >= issued_at,
            None => true,
        });
        known.insert(id, Arc::new(registered));
        Ok(credentials)
    }
}

fn sealing_purpose(access_key_id: &str) -> String {
    format!("credential {access_key_id}")
}

fn access_key_id(prefix: &str) -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)?;
    let tail = random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    Ok(prefix.chars().chain(tail).collect())
}

/// Forty characters, as AWS's secrets have.
fn secret_access_key() -> Result<SecretAccessKey, getrandom::Error> {
    random_base64::<30>().map(SecretAccessKey::from)
}

/// Long enough to exercise clients with the size real tokens have (about 900 characters).
fn session_token() -> Result<SessionToken, getrandom::Error> {
    random_base64::<672>().map(SessionToken::from)
}

fn random_base64<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut random = Zeroizing::new([0_u8; BYTES]);
    getrandom::fill(random.as_mut_slice())?;
    Ok(STANDARD.encode(random.as_slice()))
}

#[cfg(test)]
mod tests;
