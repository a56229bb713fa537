//! The publishers' policy as a document: its schema, its checks, and a writer for it.
//!
//! Parsing accepts a whole valid document or nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    Identity, MethodName, PolicyError, Prefix, Publisher, PublisherToken, Rule, StoredToken,
    folders, method::VERSION_OF_THREE_READS, policy_error::MAX_DOCUMENT,
    site_scope::VERSION_OF_SITES,
};
use crate::oidc::{self, Issuer, Login, strict_json};

/// The version of a new policy.
const VERSION: u32 = 1;
/// Tokens one publisher may have valid at the same time: the old and the new one of a rotation.
const LIVE_TOKENS: usize = 2;

/// All publishers of a bucket. Values of this type are valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publishers {
    v: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    issuers: Vec<Issuer>,
    /// Where publishers log in with a browser, for the publishers' page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logins: Vec<Login>,
    publishers: Vec<Publisher>,
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
            logins: Vec::new(),
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
                v: VERSION | VERSION_OF_THREE_READS | VERSION_OF_SITES,
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

    /// Puts an issuer, with its login if publishers log in there with a browser, in the place of the one with its id, or adds it.
    ///
    /// # Errors
    /// The document would not be valid with it.
    pub fn with_issuer(
        mut self,
        issuer: Issuer,
        login: Option<Login>,
    ) -> Result<Self, PolicyError> {
        self.logins.retain(|known| known.issuer != issuer.id);
        match self.issuers.iter_mut().find(|known| known.id == issuer.id) {
            Some(known) => *known = issuer,
            None => self.issuers.push(issuer),
        }
        self.logins.extend(login);
        self.checked()
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
            self.v = self.v.max(VERSION_OF_THREE_READS);
        }
        if self.publishers.iter().any(|one| !one.sites.is_empty()) {
            self.v = VERSION_OF_SITES;
        }
        if self.v >= VERSION_OF_THREE_READS {
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

    /// Where publishers log in with a browser.
    pub fn logins(&self) -> &[Login] {
        &self.logins
    }

    /// Where publishers log in at the issuer of this id.
    pub fn login(&self, issuer: &str) -> Option<&Login> {
        self.logins.iter().find(|login| login.issuer == issuer)
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
        oidc::check_logins(&self.logins, &self.issuers)?;
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

#[cfg(test)]
mod tests;
