//! The publishers' policy as a document: its schema, its checks, and a writer for it.
//!
//! Parsing accepts a whole valid document or nothing.

use std::{collections::BTreeSet, sync::Arc};

use keyfront_object_key::ObjectKey;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Denial, Method, PublisherToken, Rule, StoredToken, TokenHash};

/// The version of the schema this program reads and writes.
const VERSION: u32 = 1;
/// The document's size in bytes at most.
pub(crate) const MAX_DOCUMENT: usize = 1 << 20;
/// Tokens one publisher may have valid at the same time: the old and the new one of a rotation.
const LIVE_TOKENS: usize = 2;

/// Why a document is not a publishers' policy. Repair `.keyfront/publishers.json`.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Larger than 1 MiB.
    #[error("the document is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, an unknown or missing field, or a value out of its range.
    #[error("the document does not have the schema of a publishers' policy")]
    Schema(#[source] serde_json::Error),
    /// Another version of the schema.
    #[error("version {0} of the schema is not known")]
    Version(u32),
    /// Two publishers, or two tokens of one publisher, have the same id; or an id is empty.
    #[error("the id {0:?} is empty or used twice")]
    Id(String),
    /// Two tokens have the same hash.
    #[error("a token of publisher {0:?} has the hash of another token")]
    SharedToken(String),
    /// Two rules of one publisher have the same prefix.
    #[error("publisher {publisher:?} has two rules for {prefix:?}")]
    RepeatedPrefix {
        /// The publisher's id.
        publisher: String,
        /// The prefix.
        prefix: String,
    },
    /// `inline` lists a wildcard.
    #[error("publisher {publisher:?} lists {range:?} as inline; name the type exactly")]
    InlineWildcard {
        /// The publisher's id.
        publisher: String,
        /// The range.
        range: String,
    },
    /// No publisher has this id.
    #[error("there is no publisher {0:?}")]
    UnknownPublisher(String),
    /// The publisher has two valid tokens already: revoke one, or let it expire.
    #[error("publisher {0:?} has two valid tokens already")]
    TwoTokens(String),
    /// The operating system has no randomness.
    #[error("no randomness for a new token")]
    Randomness(#[source] getrandom::Error),
}

/// All publishers of a bucket. Values of this type are valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publishers {
    v: u32,
    publishers: Vec<Publisher>,
}

/// One publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Name in logs and answers.
    pub id: String,
    /// Tokens, valid and former ones.
    #[serde(default)]
    pub tokens: Vec<StoredToken>,
    /// What the publisher may do; nothing without a rule.
    pub rules: Vec<Rule>,
}

impl Default for Publishers {
    fn default() -> Self {
        Self {
            v: VERSION,
            publishers: Vec::new(),
        }
    }
}

impl Publishers {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(document: &[u8]) -> Result<Self, PolicyError> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u32,
        }
        if document.len() > MAX_DOCUMENT {
            return Err(PolicyError::TooLarge);
        }
        // The version first: a later schema is told as such, not as an unknown field.
        match serde_json::from_slice(document).map_err(PolicyError::Schema)? {
            Versioned { v: VERSION } => {}
            Versioned { v } => return Err(PolicyError::Version(v)),
        }
        let policy: Self = serde_json::from_slice(document).map_err(PolicyError::Schema)?;
        policy.checked()
    }

    /// Writes the document.
    ///
    /// # Errors
    /// A moment of expiry outside RFC 3339's years.
    pub fn to_json(&self) -> Result<Vec<u8>, PolicyError> {
        serde_json::to_vec_pretty(self).map_err(PolicyError::Schema)
    }

    /// Adds a publisher.
    ///
    /// # Errors
    /// The document would not be valid with it.
    pub fn with(mut self, publisher: Publisher) -> Result<Self, PolicyError> {
        self.publishers.push(publisher);
        self.checked()
    }

    /// Withdraws every token of a publisher.
    ///
    /// # Errors
    /// There is no such publisher; the document is unchanged.
    pub fn revoke_tokens(&mut self, publisher: &str) -> Result<(), PolicyError> {
        let found = self
            .publishers
            .iter_mut()
            .find(|candidate| candidate.id == publisher);
        let entry = found.ok_or_else(|| PolicyError::UnknownPublisher(publisher.to_owned()))?;
        for token in &mut entry.tokens {
            token.revoked = true;
        }
        Ok(())
    }

    /// Makes a token for a publisher and stores its hash. The token is returned this once.
    ///
    /// # Errors
    /// The publisher is unknown or has two valid tokens at `now`, or the token's id is taken.
    pub fn issue_token(
        &mut self,
        publisher: &str,
        token_id: &str,
        expires: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<PublisherToken, PolicyError> {
        let token = PublisherToken::generate().map_err(PolicyError::Randomness)?;
        let mut changed = self.clone();
        let found = changed
            .publishers
            .iter_mut()
            .find(|candidate| candidate.id == publisher);
        let entry = found.ok_or_else(|| PolicyError::UnknownPublisher(publisher.to_owned()))?;
        if entry
            .tokens
            .iter()
            .filter(|token| token.is_valid(now))
            .count()
            >= LIVE_TOKENS
        {
            return Err(PolicyError::TwoTokens(publisher.to_owned()));
        }
        entry.tokens.push(StoredToken {
            id: token_id.to_owned(),
            sha256: token.hash(),
            expires,
            revoked: false,
        });
        *self = changed.checked()?;
        Ok(token)
    }

    /// Finds whose valid token this is. Every stored hash is compared, in constant time each, so
    /// that the time taken tells neither the position nor the existence of a publisher.
    pub fn identify(self: &Arc<Self>, token: &str, now: OffsetDateTime) -> Option<Session> {
        let presented = TokenHash::of(token);
        let mut found = None;
        for (publisher, entry) in self.publishers.iter().enumerate() {
            for (token, stored) in entry.tokens.iter().enumerate() {
                if stored.sha256 == presented && stored.is_valid(now) {
                    found = Some((publisher, token));
                }
            }
        }
        found.map(|(publisher, token)| Session {
            policy: Arc::clone(self),
            publisher,
            token,
        })
    }

    fn checked(self) -> Result<Self, PolicyError> {
        let mut ids = BTreeSet::new();
        let mut hashes = BTreeSet::new();
        for publisher in &self.publishers {
            if publisher.id.is_empty() || !ids.insert(&publisher.id) {
                return Err(PolicyError::Id(publisher.id.clone()));
            }
            publisher.check()?;
            for token in &publisher.tokens {
                if !hashes.insert(String::from(token.sha256)) {
                    return Err(PolicyError::SharedToken(publisher.id.clone()));
                }
            }
        }
        Ok(self)
    }
}

impl Publisher {
    /// The rule that decides for this key and method: the longest prefix that covers the key.
    ///
    /// # Errors
    /// No rule covers the key, or the one that decides does not list the method.
    pub fn authorise(&self, method: Method, key: &ObjectKey) -> Result<&Rule, Denial> {
        let covering = self
            .rules
            .iter()
            .filter(|rule| rule.prefix.covers(key.as_str()));
        let rule = covering
            .max_by_key(|rule| rule.prefix.as_str().len())
            .ok_or_else(|| Denial::NoRule {
                publisher: self.id.clone(),
            })?;
        rule.admit_method(method)?;
        Ok(rule)
    }

    fn check(&self) -> Result<(), PolicyError> {
        let mut ids = BTreeSet::new();
        for token in &self.tokens {
            if token.id.is_empty() || !ids.insert(&token.id) {
                return Err(PolicyError::Id(token.id.clone()));
            }
        }
        let mut prefixes = BTreeSet::new();
        for rule in &self.rules {
            if !prefixes.insert(&rule.prefix) {
                return Err(PolicyError::RepeatedPrefix {
                    publisher: self.id.clone(),
                    prefix: rule.prefix.as_str().to_owned(),
                });
            }
            if let Some(range) = rule.inline.iter().find(|range| !range.is_exact()) {
                return Err(PolicyError::InlineWildcard {
                    publisher: self.id.clone(),
                    range: range.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// An identified publisher: a token that matched, with the policy it matched in.
#[derive(Debug, Clone)]
pub struct Session {
    policy: Arc<Publishers>,
    publisher: usize,
    token: usize,
}

impl Session {
    /// The publisher.
    pub fn publisher(&self) -> &Publisher {
        // In bounds: `identify` took the index from this very document, which is immutable.
        &self.policy.publishers[self.publisher]
    }

    /// The id of the token, for the log.
    pub fn token_id(&self) -> &str {
        &self.publisher().tokens[self.token].id
    }
}
