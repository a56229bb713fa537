//! The publishers' policy as a document: its schema, its checks, and a writer for it.
//!
//! Parsing accepts a whole valid document or nothing.

use std::collections::BTreeSet;

use keyfront_names::{ObjectKey, ParameterArn};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    budget::Budget,
    oidc::{self, InvalidIssuer, Issuer, strict_json},
};

use super::{
    Denial, Identity, Method, MethodName, Person, Prefix, PublisherToken, Rule, StoredToken,
    folders::{self, FolderError, Holder},
};

/// The version of a new policy.
const VERSION: u32 = 1;
/// The version in which rules name `LIST`, `HEAD` and `READ`; all else is the same. Written only where a rule does.
const VERSION_OF_THREE_READS: u32 = 2;
/// The document's size in bytes at most.
pub const MAX_DOCUMENT: usize = 1 << 20;
/// Tokens one publisher may have valid at the same time: the old and the new one of a rotation.
const LIVE_TOKENS: usize = 2;

/// Why a document is not a publishers' policy. Repair `.keyfront/publishers.json`.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Larger than 1 MiB.
    #[error("the document is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, an unknown, repeated or missing field, or a value out of its range.
    #[error("the document does not match the schema of a publishers' policy")]
    Schema(#[source] serde_json::Error),
    /// Another version of the schema.
    #[error("unknown schema version {0}")]
    Version(u32),
    /// Two publishers, or two tokens of one publisher, have the same id; or an id is empty.
    #[error("invalid id {0:?}: ids must be unique and not empty")]
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
    /// A rule lists a method by a name that the document's version does not have.
    #[error(
        "publisher {publisher:?} lists {name}: version 1 of the schema has GET, and version 2 LIST, HEAD and READ in its place"
    )]
    Method {
        /// The publisher's id.
        publisher: String,
        /// The name.
        name: MethodName,
    },
    /// The issuers are not each one, and usable.
    #[error(transparent)]
    Issuer(#[from] InvalidIssuer),
    /// An identity names an issuer that the document does not have.
    #[error("publisher {publisher:?} has an identity of the unknown issuer {issuer:?}")]
    UnknownIssuer {
        /// The publisher's id.
        publisher: String,
        /// The issuer's id, as the identity has it.
        issuer: String,
    },
    /// Personal folders have no one owner.
    #[error(transparent)]
    Folders(#[from] FolderError),
    /// No publisher has this id.
    #[error("there is no publisher {0:?}")]
    UnknownPublisher(String),
    /// The publisher has no token with this id.
    #[error("publisher {publisher:?} has no token {token:?}")]
    UnknownToken {
        /// The publisher's id.
        publisher: String,
        /// The id that was looked for.
        token: String,
    },
    /// The publisher has no rule for this folder.
    #[error("publisher {publisher:?} has no rule for {prefix:?}")]
    UnknownRule {
        /// The publisher's id.
        publisher: String,
        /// The folder that was looked for.
        prefix: String,
    },
    /// The publisher has two valid tokens already: revoke one, or let it expire.
    #[error("publisher {0:?} has two valid tokens already")]
    TwoTokens(String),
}

/// All publishers of a bucket. Values of this type are valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publishers {
    v: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    issuers: Vec<Issuer>,
    publishers: Vec<Publisher>,
}

/// One publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Name in logs and responses.
    pub id: String,
    /// Tokens, valid and former ones.
    #[serde(default)]
    pub tokens: Vec<StoredToken>,
    /// Users of issuers and IAM principals that are this publisher as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// What the publisher may do; nothing without a rule.
    pub rules: Vec<Rule>,
    /// How often it may do what costs the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// SSM parameter with this publisher's own customer key: what it writes with `sse-c` is under that key and no other
    /// can read it. The system's where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "parameter")]
    pub customer_key: Option<ParameterArn>,
}

/// The ARN of a parameter, as text.
mod parameter {
    use keyfront_names::ParameterArn;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        arn: &Option<ParameterArn>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match arn {
            Some(arn) => serializer.serialize_some(arn.as_str()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ParameterArn>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |text: String| ParameterArn::parse(&text);
        text.map(read)
            .transpose()
            .map_err(|_| D::Error::custom("customer_key must be the ARN of an SSM parameter"))
    }
}

/// A token to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// Name for people and logs; unique within its publisher.
    pub id: &'a str,
    /// The token; its hash alone is stored.
    pub token: &'a PublisherToken,
    /// First moment at which the token is no longer accepted.
    pub expires: Option<OffsetDateTime>,
}

impl Default for Publishers {
    fn default() -> Self {
        Self {
            v: VERSION,
            issuers: Vec::new(),
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
        // The version first: a later schema is reported as such, not as an unknown field.
        match serde_json::from_slice(document).map_err(PolicyError::Schema)? {
            Versioned {
                v: VERSION | VERSION_OF_THREE_READS,
            } => {}
            Versioned { v } => return Err(PolicyError::Version(v)),
        }
        let policy: Self = strict_json::read(document).map_err(PolicyError::Schema)?;
        policy.checked()
    }

    /// Writes the document.
    ///
    /// # Errors
    /// A moment of expiry outside RFC 3339's years.
    pub fn to_json(&self) -> Result<Vec<u8>, PolicyError> {
        serde_json::to_vec_pretty(self).map_err(PolicyError::Schema)
    }

    /// Adds a publisher. The document stays of the first version until a rule allows less than `GET` does; then `GET` is
    /// spelt out everywhere. So it is with every other change of rules.
    ///
    /// # Errors
    /// The document would not be valid with it.
    pub fn with(mut self, publisher: Publisher) -> Result<Self, PolicyError> {
        self.publishers.push(publisher);
        self.settled()
    }

    /// Puts a publisher in the place of the one with its id.
    ///
    /// # Errors
    /// There is none; the document would not be valid with it.
    pub fn replacing(mut self, publisher: Publisher) -> Result<Self, PolicyError> {
        let place = self.publisher_mut(&publisher.id)?;
        *place = publisher;
        self.settled()
    }

    /// Removes a publisher with its tokens and rules.
    ///
    /// # Errors
    /// There is none.
    pub fn without(mut self, publisher: &str) -> Result<Self, PolicyError> {
        self.publisher_mut(publisher)?;
        self.publishers.retain(|entry| entry.id != publisher);
        self.settled()
    }

    /// Puts a rule in the place of the publisher's for its folder, or adds it.
    ///
    /// # Errors
    /// There is no such publisher; the document would not be valid with it.
    pub fn with_rule(mut self, publisher: &str, rule: Rule) -> Result<Self, PolicyError> {
        let rules = &mut self.publisher_mut(publisher)?.rules;
        match rules.iter_mut().find(|known| known.prefix == rule.prefix) {
            Some(known) => *known = rule,
            None => rules.push(rule),
        }
        self.settled()
    }

    /// Takes the publisher's rule for a folder away.
    ///
    /// # Errors
    /// There is no such publisher or rule.
    pub fn without_rule(mut self, publisher: &str, prefix: &Prefix) -> Result<Self, PolicyError> {
        let rules = &mut self.publisher_mut(publisher)?.rules;
        let known = rules.iter().position(|rule| rule.prefix == *prefix);
        let known = known.ok_or_else(|| PolicyError::UnknownRule {
            publisher: publisher.to_owned(),
            prefix: prefix.as_str().to_owned(),
        })?;
        rules.remove(known);
        self.settled()
    }

    /// The publisher of this id.
    ///
    /// # Errors
    /// There is none.
    pub fn publisher(&self, id: &str) -> Result<&Publisher, PolicyError> {
        let found = self.publishers.iter().find(|publisher| publisher.id == id);
        found.ok_or_else(|| PolicyError::UnknownPublisher(id.to_owned()))
    }

    /// The document as it is written after a change of its rules.
    fn settled(mut self) -> Result<Self, PolicyError> {
        let rules = || self.publishers.iter().flat_map(|one| &one.rules);
        let mut names = rules().flat_map(|rule| &rule.methods);
        if names.any(|name| *name != MethodName::Get && !name.is_of_both_versions()) {
            self.v = VERSION_OF_THREE_READS;
        }
        if self.v == VERSION_OF_THREE_READS {
            for rule in self.publishers.iter_mut().flat_map(|one| &mut one.rules) {
                rule.methods = MethodName::spelt_out(&rule.methods);
            }
        }
        self.checked()
    }

    /// Withdraws every token of a publisher.
    ///
    /// # Errors
    /// There is no such publisher; the document is unchanged.
    pub fn revoke_tokens(&mut self, publisher: &str) -> Result<(), PolicyError> {
        for token in &mut self.publisher_mut(publisher)?.tokens {
            token.revoked = true;
        }
        Ok(())
    }

    /// Withdraws one token of a publisher.
    ///
    /// # Errors
    /// There is no such publisher or token; the document is unchanged.
    pub fn revoke_token(&mut self, publisher: &str, token_id: &str) -> Result<(), PolicyError> {
        let tokens = &mut self.publisher_mut(publisher)?.tokens;
        let found = tokens.iter_mut().find(|token| token.id == token_id);
        let token = found.ok_or_else(|| PolicyError::UnknownToken {
            publisher: publisher.to_owned(),
            token: token_id.to_owned(),
        })?;
        token.revoked = true;
        Ok(())
    }

    /// Lets every token of a publisher end at `end` at the latest.
    ///
    /// # Errors
    /// There is no such publisher; the document is unchanged.
    pub fn end_tokens_by(
        &mut self,
        publisher: &str,
        end: OffsetDateTime,
    ) -> Result<(), PolicyError> {
        for token in &mut self.publisher_mut(publisher)?.tokens {
            token.expires = Some(token.expires.map_or(end, |own| own.min(end)));
        }
        Ok(())
    }

    /// Stores the hash of a new token of a publisher.
    ///
    /// # Errors
    /// The publisher is unknown or has two valid tokens at `now`, or the token's id is taken.
    pub fn issue_token(
        &mut self,
        publisher: &str,
        new: NewToken<'_>,
        now: OffsetDateTime,
    ) -> Result<(), PolicyError> {
        let mut changed = self.clone();
        let entry = changed.publisher_mut(publisher)?;
        let valid = entry.tokens.iter().filter(|token| token.is_valid(now));
        if valid.count() >= LIVE_TOKENS {
            return Err(PolicyError::TwoTokens(publisher.to_owned()));
        }
        entry.tokens.push(StoredToken {
            id: new.id.to_owned(),
            sha256: new.token.hash(),
            expires: new.expires,
            revoked: false,
        });
        *self = changed.checked()?;
        Ok(())
    }

    /// All issuers.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// All publishers, in the document's order.
    pub fn publishers(&self) -> &[Publisher] {
        &self.publishers
    }

    fn publisher_mut(&mut self, id: &str) -> Result<&mut Publisher, PolicyError> {
        let found = self
            .publishers
            .iter_mut()
            .find(|candidate| candidate.id == id);
        found.ok_or_else(|| PolicyError::UnknownPublisher(id.to_owned()))
    }

    fn checked(self) -> Result<Self, PolicyError> {
        let mut ids = BTreeSet::new();
        let mut hashes = BTreeSet::new();
        let issuers = oidc::check(&self.issuers)?;
        for publisher in &self.publishers {
            for identity in &publisher.identities {
                if let Identity::Oidc(identity) = identity
                    && !issuers.contains(identity.issuer.as_str())
                {
                    return Err(PolicyError::UnknownIssuer {
                        publisher: publisher.id.clone(),
                        issuer: identity.issuer.clone(),
                    });
                }
            }
            if publisher.id.is_empty() || !ids.insert(&publisher.id) {
                return Err(PolicyError::Id(publisher.id.clone()));
            }
            publisher.check(self.v)?;
            for token in &publisher.tokens {
                if !hashes.insert(String::from(token.sha256)) {
                    return Err(PolicyError::SharedToken(publisher.id.clone()));
                }
            }
        }
        folders::check(self.publishers.iter().map(Publisher::holder))?;
        Ok(self)
    }
}

impl Publisher {
    fn holder(&self) -> Holder<'_> {
        Holder {
            id: &self.id,
            identities: &self.identities,
            rules: &self.rules,
        }
    }

    /// The publisher as it is for one person: `{sub}` is settled in every rule. `None` if no rule has
    /// it. Such rules are left out for nobody in particular and for people of another namespace; so are they
    /// where a rule names the very folder, which then decides.
    pub(super) fn for_person(&self, person: Option<&Person>) -> Option<Self> {
        if !self.rules.iter().any(|rule| rule.prefix.is_personal()) {
            return None;
        }
        let mut personal = self.clone();
        personal.rules.retain(|rule| !rule.prefix.is_personal());
        let own = self.rules.iter().filter(|rule| rule.prefix.is_personal());
        for rule in own {
            let Some(rule) = person.and_then(|person| rule.for_person(person)) else {
                continue;
            };
            if personal
                .rules
                .iter()
                .all(|other| other.prefix != rule.prefix)
            {
                personal.rules.push(rule);
            }
        }
        Some(personal)
    }

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

    fn check(&self, version: u32) -> Result<(), PolicyError> {
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
            let is_of_other_version = |name: &&MethodName| {
                let of_first = **name == MethodName::Get;
                !name.is_of_both_versions() && of_first == (version == VERSION_OF_THREE_READS)
            };
            if let Some(name) = rule.methods.iter().find(is_of_other_version) {
                return Err(PolicyError::Method {
                    publisher: self.id.clone(),
                    name: *name,
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

#[cfg(test)]
mod tests;
