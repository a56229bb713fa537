//! One publisher of the policy: who it is, and what it may do.

use std::collections::BTreeSet;

use keyfront_names::{ObjectKey, ParameterArn};
use keyfront_releases::SiteName;
use serde::{Deserialize, Serialize};

use super::{
    Denial, Identity, Method, MethodName, Person, PolicyError, Rule, SiteLimits, SiteScope,
    StoredToken, folders::Holder, method::VERSION_OF_THREE_READS, site_scope::VERSION_OF_SITES,
};
use crate::budget::Budget;

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
    /// The sites whose releases it may publish, activate and remove; a name, or `*` for every one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteScope>,
    /// How much their releases may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_limits: Option<SiteLimits>,
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

impl Publisher {
    pub(super) fn holder(&self) -> Holder<'_> {
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

    /// Whether it may publish releases of the site.
    ///
    /// # Errors
    /// [`Denial::Site`]
    pub fn authorise_site(&self, site: &SiteName) -> Result<(), Denial> {
        match self.sites.iter().any(|scope| scope.covers(site)) {
            true => Ok(()),
            false => Err(Denial::Site {
                publisher: self.id.clone(),
                site: site.to_string(),
            }),
        }
    }

    /// Whether the document of this version may have it.
    pub(super) fn check(&self, version: u32) -> Result<(), PolicyError> {
        let mut ids = BTreeSet::new();
        for token in &self.tokens {
            if token.id.is_empty() || !ids.insert(&token.id) {
                return Err(PolicyError::Id(token.id.clone()));
            }
        }
        let mut sites = BTreeSet::new();
        for site in &self.sites {
            if version < VERSION_OF_SITES {
                return Err(PolicyError::SitesOfEarlierVersion(self.id.clone()));
            }
            if !sites.insert(site) {
                return Err(PolicyError::RepeatedSite {
                    publisher: self.id.clone(),
                    site: site.clone().into(),
                });
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
                !name.is_of_both_versions() && of_first == (version >= VERSION_OF_THREE_READS)
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
