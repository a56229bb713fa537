//! A person: who within a publisher is behind a request, and which folders are theirs.
//!
//! A subject is unique where it was given and nowhere else: two issuers may each have an `alice`. So a person is a
//! namespace and a subject, always both, and a `{sub}` is only ever settled by subjects of one namespace.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{Identity, PolicyError, Publisher, Rule, Subject};

const IAM: &str = "iam";
const OIDC: &str = "oidc:";

/// Where subjects are unique. Written `iam`, or `oidc:` and the id of an issuer of the policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Namespace {
    /// The unique ids of IAM's roles and users, of any account.
    Iam,
    /// The `sub` claims of this issuer.
    Issuer(String),
}

impl Namespace {
    fn of(identity: &Identity) -> Self {
        match identity {
            Identity::Oidc(identity) => Self::Issuer(identity.issuer.clone()),
            Identity::Iam(_) => Self::Iam,
        }
    }
}

impl TryFrom<String> for Namespace {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.strip_prefix(OIDC) {
            Some(issuer) => Ok(Self::Issuer(issuer.to_owned())),
            None if text == IAM => Ok(Self::Iam),
            None => Err("subjects are from iam, or from oidc: and the id of an issuer"),
        }
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.to_string()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iam => f.write_str(IAM),
            Self::Issuer(issuer) => write!(f, "{OIDC}{issuer}"),
        }
    }
}

/// One of a publisher's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who vouches for the subject.
    pub namespace: Namespace,
    /// The `sub` of a JWT, the unique id of an IAM principal.
    pub subject: String,
}

impl Person {
    /// The rule as it is for this person; `None` if it is for people of another namespace, or the subject is no valid
    /// segment of a key.
    pub(super) fn rule(&self, rule: &Rule) -> Option<Rule> {
        let theirs = rule
            .sub_from
            .as_ref()
            .is_none_or(|of| *of == self.namespace);
        let subject = Subject::segment(&self.subject).filter(|_| theirs)?;
        let prefix = rule.prefix.for_subject(&subject)?;
        Some(Rule {
            prefix,
            ..rule.clone()
        })
    }
}

/// Refuses a document in which people of two namespaces could get the same folder.
pub(super) fn check(publishers: &[Publisher]) -> Result<(), PolicyError> {
    let mut folders: Vec<(&Publisher, &Rule, Namespace)> = Vec::new();
    for publisher in publishers {
        let namespaces: BTreeSet<Namespace> =
            publisher.identities.iter().map(Namespace::of).collect();
        for rule in &publisher.rules {
            if let Some(namespace) = namespace_of(publisher, rule, &namespaces)? {
                folders.push((publisher, rule, namespace));
            }
        }
    }
    for (place, (publisher, rule, namespace)) in folders.iter().enumerate() {
        let shared = folders[..place].iter().find(|(_, other, theirs)| {
            theirs != namespace && rule.prefix.may_overlap(&other.prefix)
        });
        if let Some((other, shared, theirs)) = shared {
            return Err(PolicyError::SharedFolder(Box::new(SharedFolder {
                prefixes: [shared, rule].map(|rule| rule.prefix.as_str().to_owned()),
                publishers: [other, publisher].map(|publisher| publisher.id.clone()),
                namespaces: [theirs.clone(), namespace.clone()],
            })));
        }
    }
    Ok(())
}

/// Whose subjects settle the rule's `{sub}`: those it names, or the only ones its publisher has.
fn namespace_of(
    publisher: &Publisher,
    rule: &Rule,
    namespaces: &BTreeSet<Namespace>,
) -> Result<Option<Namespace>, PolicyError> {
    let refused = |reason| PolicyError::Subjects {
        publisher: publisher.id.clone(),
        prefix: rule.prefix.as_str().to_owned(),
        reason,
    };
    match (&rule.sub_from, rule.prefix.is_personal()) {
        (None, false) => Ok(None),
        (Some(_), false) => Err(refused("has sub_from and no {sub}")),
        (Some(named), true) if namespaces.contains(named) => Ok(Some(named.clone())),
        (Some(_), true) => Err(refused(
            "takes {sub} from where no identity of the publisher is",
        )),
        (None, true) if namespaces.len() > 1 => Err(refused(
            "can be reached with {sub} of several issuers, or of one and IAM: say whose in sub_from",
        )),
        (None, true) => Ok(namespaces.first().cloned()),
    }
}

/// Two rules that would give people of two namespaces the same folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFolder {
    /// The rules' prefixes.
    pub prefixes: [String; 2],
    /// Whose rules they are.
    pub publishers: [String; 2],
    /// Whose subjects settle them.
    pub namespaces: [Namespace; 2],
}

impl fmt::Display for SharedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            prefixes: [first, second],
            publishers: [one, other],
            namespaces: [theirs, others],
        } = self;
        write!(
            f,
            "{first:?} of publisher {one:?} ({theirs}) and {second:?} of {other:?} ({others}) can be the same folder"
        )
    }
}

#[cfg(test)]
mod tests;
