//! Personal folders: those of people of two namespaces are never the same.

use std::{collections::BTreeSet, fmt};

use super::{Identity, Namespace, Rule};

/// Who has which rules.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    /// The publisher's id.
    pub(super) id: &'a str,
    /// Who is this publisher.
    pub(super) identities: &'a [Identity],
    /// What they may do.
    pub(super) rules: &'a [Rule],
}

/// Why a document's personal folders have no one owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A rule's `{sub}` has no one meaning, or `sub_from` none at all.
    #[error("the rule of publisher {publisher:?} for {prefix:?} {reason}")]
    Subjects {
        /// The publisher's id.
        publisher: String,
        /// The rule's prefix.
        prefix: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two rules would give people of two namespaces the same folder: give each a folder of its own.
    #[error("{0}")]
    Shared(Box<SharedFolder>),
}

/// Refuses a document in which people of two namespaces could get the same folder.
pub(super) fn check<'a>(publishers: impl Iterator<Item = Holder<'a>>) -> Result<(), FolderError> {
    let mut folders: Vec<(&str, &Rule, Namespace)> = Vec::new();
    for publisher in publishers {
        let namespaces: BTreeSet<Namespace> =
            publisher.identities.iter().map(Namespace::of).collect();
        for rule in publisher.rules {
            if let Some(namespace) = namespace_of(publisher.id, rule, &namespaces)? {
                folders.push((publisher.id, rule, namespace));
            }
        }
    }
    for (place, (publisher, rule, namespace)) in folders.iter().enumerate() {
        let shared = folders[..place].iter().find(|(_, other, theirs)| {
            theirs != namespace && rule.prefix.may_overlap(&other.prefix)
        });
        if let Some((other, shared, theirs)) = shared {
            return Err(FolderError::Shared(Box::new(SharedFolder {
                prefixes: [shared, rule].map(|rule| rule.prefix.as_str().to_owned()),
                publishers: [*other, *publisher].map(str::to_owned),
                namespaces: [theirs.clone(), namespace.clone()],
            })));
        }
    }
    Ok(())
}

/// Whose subjects settle the rule's `{sub}`: those it names, or the only ones its publisher has.
fn namespace_of(
    publisher: &str,
    rule: &Rule,
    namespaces: &BTreeSet<Namespace>,
) -> Result<Option<Namespace>, FolderError> {
    let refused = |reason| FolderError::Subjects {
        publisher: publisher.to_owned(),
        prefix: rule.prefix.as_str().to_owned(),
        reason,
    };
    match (&rule.sub_from, rule.prefix.is_personal()) {
        (None, false) => Ok(None),
        (Some(_), false) => Err(refused("has sub_from and no {sub}")),
        (Some(named), true) if namespaces.contains(named) => Ok(Some(named.clone())),
        (Some(_), true) => Err(refused(
            "has a sub_from that none of the publisher's identities belongs to",
        )),
        (None, true) if namespaces.len() > 1 => Err(refused(
            "is ambiguous: the publisher has identities of several issuers, or of an issuer and IAM; set sub_from",
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
            "{first:?} of publisher {one:?} ({theirs}) and {second:?} of {other:?} ({others}) may be the same folder"
        )
    }
}

#[cfg(test)]
mod tests;
