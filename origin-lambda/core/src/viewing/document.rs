//! `.keyfront/viewers.json`: issuers, logins and rules. Parsing accepts a whole valid document or nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rule::ViewerRule;
use crate::oidc::{self, InvalidIssuer, InvalidLogin, Issuer, Login, strict_json};

const VERSION: u32 = 1;
/// Bytes.
pub const MAX_DOCUMENT: usize = 1 << 20;
const MAX_RULES: usize = 1_000;

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewersPolicy {
    v: u32,
    /// Whose tokens count.
    #[serde(default)]
    pub(super) issuers: Vec<Issuer>,
    /// Where people log in; at the first, unless they name another.
    #[serde(default)]
    pub(super) logins: Vec<Login>,
    /// Who may read what.
    #[serde(default)]
    pub(super) rules: Vec<ViewerRule>,
}

/// Why a document is not a viewers' policy. Repair `.keyfront/viewers.json`, or let `keyfront viewers` write it.
#[derive(Debug, thiserror::Error)]
pub enum ViewersPolicyError {
    /// Larger than 1 MiB.
    #[error("the document is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, an unknown, repeated or missing field, or a value out of its range.
    #[error("the document does not match the schema of a viewers' policy")]
    Schema(#[source] serde_json::Error),
    /// Another version of the schema.
    #[error("unknown schema version {0}")]
    Version(u32),
    /// The issuers are not each one, and usable.
    #[error(transparent)]
    Issuer(#[from] InvalidIssuer),
    /// A rule names an issuer that the document does not have.
    #[error("rule {rule:?} names the unknown issuer {issuer:?}")]
    UnknownIssuer {
        /// The rule.
        rule: String,
        /// The issuer's id there.
        issuer: String,
    },
    /// The logins are not each one, and usable.
    #[error(transparent)]
    Login(#[from] InvalidLogin),
    /// A rule that would not work.
    #[error("rule {rule:?} {fault}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// Two rules have the same id.
    #[error("there are two rules {0:?}")]
    RepeatedRule(String),
    /// More rules than are looked through for each login.
    #[error("there are more than {MAX_RULES} rules")]
    TooManyRules,
    /// A folder lies within another one.
    #[error(
        "{inner:?} could lie within {outer:?}: browsers would send the cookies of both; grant folders that do not nest"
    )]
    Nested {
        /// The longer one.
        inner: String,
        /// The shorter one.
        outer: String,
    },
    /// There is no rule of this id.
    #[error("there is no rule {0:?}")]
    UnknownRule(String),
}

use ViewersPolicyError as Wrong;

impl Default for ViewersPolicy {
    fn default() -> Self {
        Self {
            v: VERSION,
            issuers: Vec::new(),
            logins: Vec::new(),
            rules: Vec::new(),
        }
    }
}

impl ViewersPolicy {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(document: &[u8]) -> Result<Self, ViewersPolicyError> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u32,
        }
        if document.len() > MAX_DOCUMENT {
            return Err(Wrong::TooLarge);
        }
        // The version first: a later schema is reported as such, not as an unknown field.
        let Versioned { v } = serde_json::from_slice(document).map_err(Wrong::Schema)?;
        if v != VERSION {
            return Err(Wrong::Version(v));
        }
        let policy: Self = strict_json::read(document).map_err(Wrong::Schema)?;
        policy.checked()
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`ViewersPolicyError::Schema`], of what cannot be written as JSON; nothing of a parsed document is so.
    pub fn to_json(&self) -> Result<Vec<u8>, ViewersPolicyError> {
        serde_json::to_vec_pretty(self).map_err(Wrong::Schema)
    }

    /// Whose tokens count.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// Where people log in.
    #[must_use]
    pub fn logins(&self) -> &[Login] {
        &self.logins
    }

    /// Who may read what.
    #[must_use]
    pub fn rules(&self) -> &[ViewerRule] {
        &self.rules
    }

    /// Where people log in at an issuer, or, if none is named, at the first.
    #[must_use]
    pub fn login(&self, issuer: Option<&str>) -> Option<(&Login, &Issuer)> {
        let mut logins = self.logins.iter();
        let login = logins.find(|login| issuer.is_none_or(|id| login.issuer == id))?;
        let mut issuers = self.issuers.iter();
        let issuer = issuers.find(|issuer| issuer.id == login.issuer)?;
        Some((login, issuer))
    }

    /// Puts an issuer, with its login if people log in there, in the place of the one with its id, or adds it.
    ///
    /// # Errors
    /// The document would not be valid with it.
    pub fn with_issuer(
        mut self,
        issuer: Issuer,
        login: Option<Login>,
    ) -> Result<Self, ViewersPolicyError> {
        let place = self.issuers.iter().position(|known| known.id == issuer.id);
        self.logins.retain(|known| known.issuer != issuer.id);
        match place {
            Some(place) => self.issuers[place] = issuer,
            None => self.issuers.push(issuer),
        }
        self.logins.extend(login);
        self.checked()
    }

    /// Puts a rule in the place of the one with its id, or adds it.
    ///
    /// # Errors
    /// The document would not be valid with it.
    pub fn with_rule(mut self, rule: ViewerRule) -> Result<Self, ViewersPolicyError> {
        match self.rules.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => *known = rule,
            None => self.rules.push(rule),
        }
        self.checked()
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn without_rule(mut self, id: &str) -> Result<Self, ViewersPolicyError> {
        let place = self.rules.iter().position(|rule| rule.id == id);
        let place = place.ok_or_else(|| Wrong::UnknownRule(id.to_owned()))?;
        self.rules.remove(place);
        Ok(self)
    }

    fn checked(self) -> Result<Self, ViewersPolicyError> {
        let issuers = oidc::check(&self.issuers)?;
        oidc::check_logins(&self.logins, &self.issuers)?;
        if self.rules.len() > MAX_RULES {
            return Err(Wrong::TooManyRules);
        }
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            if !issuers.contains(rule.who.issuer.as_str()) {
                return Err(Wrong::UnknownIssuer {
                    rule: rule.id.clone(),
                    issuer: rule.who.issuer.clone(),
                });
            }
            if let Some(fault) = rule.fault() {
                return Err(Wrong::Rule {
                    rule: rule.id.clone(),
                    fault,
                });
            }
            if !ids.insert(&rule.id) {
                return Err(Wrong::RepeatedRule(rule.id.clone()));
            }
        }
        self.check_folders()?;
        Ok(self)
    }

    /// Folders of rules that allow do not nest; one that is denied may lie in one that is granted.
    fn check_folders(&self) -> Result<(), ViewersPolicyError> {
        let allowing = self.rules.iter().filter(|rule| rule.effect.allows());
        let folders: BTreeSet<_> = allowing.flat_map(|rule| &rule.folders).collect();
        let folders: Vec<_> = folders.into_iter().collect();
        for (place, folder) in folders.iter().enumerate() {
            if let Some(other) = folders[..place]
                .iter()
                .find(|other| other.nests_with(folder))
            {
                let mut pair = [folder.as_str(), other.as_str()];
                pair.sort_by_key(|folder| folder.matches('/').count());
                let [outer, inner] = pair.map(str::to_owned);
                return Err(Wrong::Nested { inner, outer });
            }
        }
        Ok(())
    }
}
