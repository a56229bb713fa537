//! Whether a stack is one of a system's: by its tag, by the types and logical ids of its resources, and by the Region of
//! the bucket that it serves. Pure.
//!
//! A name proves nothing: anyone in the account may have made a stack of that name.

use std::collections::BTreeMap;

use keyfront_cli::report::printable;
use keyfront_cloudformation::{Template, is_resource_of_sites};

use super::layout::region_of;

/// Every stack of a system has it, with the system's name.
pub(crate) const OWN_TAG: &str = "keyfront:stack";

/// What change sets of this program are named with.
pub(crate) const CHANGE_SET_PREFIX: &str = "keyfront-";

/// Names in a message.
const MAX_LISTED: usize = 5;

/// The stack that is expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpectedStack<'a> {
    /// The system's name, which is the stack's.
    pub(crate) system: &'a str,
    pub(crate) template: Template,
    /// The Region of the system's bucket.
    pub(crate) bucket_region: &'a str,
}

/// What is known of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StackFacts {
    pub(crate) tags: BTreeMap<String, String>,
    /// The Region of the bucket that a stack of the edge alone serves.
    pub(crate) bucket_region: Option<String>,
    pub(crate) resources: Vec<StackResource>,
    /// Of a stack that was never executed: the names of its change sets.
    pub(crate) change_sets: Option<Vec<String>>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackResource {
    pub(crate) logical_id: String,
    pub(crate) kind: String,
    /// Empty before it is made.
    pub(crate) physical_id: String,
    pub(crate) presence: Presence,
}

/// Whether a resource is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is in the stack.
    Present,
    /// It was deleted.
    Gone,
    /// The stack was deleted, and the resource was not.
    Spared,
}

/// Whose a stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The system's.
    Ours,
    /// It has the resources of a system's stack, and nobody said that it is one.
    Adoptable,
    /// Another's.
    Foreign(ForeignReason),
}

/// Why a stack is not the system's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignReason {
    #[error("its tag {OWN_TAG} names the system {:?}", printable(.0))]
    OtherSystem(String),
    #[error("it has no tag {OWN_TAG}, and a change set that Keyfront did not create: {}", listed(.0))]
    OtherChangeSets(Vec<String>),
    #[error(
        "it has resources that no template of this version has: {}; a newer Keyfront may have deployed it",
        listed(.0)
    )]
    OtherResources(Vec<String>),
    #[error("it has no tag {OWN_TAG}, and resources of Keyfront's stacks are missing: {}", listed(.0))]
    LacksResources(Vec<String>),
    #[error("it serves a bucket in {0}; give --region {0}")]
    OtherRegion(String),
}

/// A stack that is left alone, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOwned {
    #[error(
        "stack {stack} in {region} has the resources of {file}, but no tag {OWN_TAG}, so it may not be yours; if it is, run `keyfront adopt --stack {stack} --region {bucket_region}`"
    )]
    Untagged {
        stack: String,
        region: String,
        file: &'static str,
        bucket_region: String,
    },
    #[error(
        "stack {stack} in {region} does not belong to system {stack} of {bucket_region}: {reason}; nothing was changed, choose another --stack name or --region"
    )]
    Foreign {
        stack: String,
        region: String,
        bucket_region: String,
        reason: ForeignReason,
    },
}

impl ExpectedStack<'_> {
    /// Whose a stack with these facts is.
    pub(crate) fn ownership(&self, facts: &StackFacts) -> Ownership {
        if let Some(reason) = self.foreign_reason(facts) {
            return Ownership::Foreign(reason);
        }
        if facts.tags.contains_key(OWN_TAG) {
            return Ownership::Ours;
        }
        if let Some(change_sets) = &facts.change_sets {
            return of_reviewed(change_sets);
        }
        let has = |wanted: &&str| {
            let mut resources = facts.resources.iter();
            resources.any(|one| one.logical_id == **wanted && one.presence != Presence::Gone)
        };
        let lacking = self.template.core_resources().filter(|one| !has(one));
        let lacking: Vec<String> = lacking.map(str::to_owned).collect();
        match lacking.is_empty() {
            true => Ownership::Adoptable,
            false => Ownership::Foreign(ForeignReason::LacksResources(lacking)),
        }
    }

    /// The refusal of a stack that is not the system's.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn require_own(&self, facts: &StackFacts) -> Result<(), NotOwned> {
        let stack = self.system.to_owned();
        let region = region_of(self.template, self.bucket_region).to_owned();
        let bucket_region = self.bucket_region.to_owned();
        match self.ownership(facts) {
            Ownership::Ours => Ok(()),
            Ownership::Adoptable => Err(NotOwned::Untagged {
                stack,
                region,
                file: self.template.file_name(),
                bucket_region,
            }),
            Ownership::Foreign(reason) => Err(NotOwned::Foreign {
                stack,
                region,
                bucket_region,
                reason,
            }),
        }
    }

    /// What contradicts that the stack is the system's, tagged or not.
    fn foreign_reason(&self, facts: &StackFacts) -> Option<ForeignReason> {
        let tag = facts.tags.get(OWN_TAG);
        if let Some(other) = tag.filter(|tag| *tag != self.system) {
            return Some(ForeignReason::OtherSystem(other.clone()));
        }
        if let Some(other) = self.other_region(facts) {
            return Some(ForeignReason::OtherRegion(other));
        }
        // A template that cannot be read recognises nothing; a test holds that the committed ones can.
        let types = self.template.resource_types().unwrap_or_default();
        let unknown = facts
            .resources
            .iter()
            .filter(|one| types.get(&one.logical_id) != Some(&one.kind))
            .filter(|one| !is_resource_of_sites(&one.logical_id, &one.kind));
        let unknown: Vec<String> = unknown
            .map(|one| format!("{} ({})", one.logical_id, one.kind))
            .collect();
        (!unknown.is_empty()).then_some(ForeignReason::OtherResources(unknown))
    }

    /// The bucket's Region of another system that has its stack where this one's would be.
    fn other_region(&self, facts: &StackFacts) -> Option<String> {
        let edge_region = region_of(Template::Edge, self.bucket_region);
        let has = |resource: &str| {
            let mut resources = facts.resources.iter();
            resources.any(|one| one.logical_id == resource)
        };
        match self.template {
            Template::Edge if has("OriginFunction") => Some(edge_region.to_owned()),
            Template::Edge | Template::Keyfront => facts
                .bucket_region
                .clone()
                .filter(|region| region != self.bucket_region),
            Template::Origin => None,
        }
    }
}

fn of_reviewed(change_sets: &[String]) -> Ownership {
    let others = change_sets
        .iter()
        .filter(|name| !name.starts_with(CHANGE_SET_PREFIX));
    let others: Vec<String> = others.cloned().collect();
    match others.is_empty() {
        true => Ownership::Ours,
        false => Ownership::Foreign(ForeignReason::OtherChangeSets(others)),
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MAX_LISTED).map(|name| printable(name));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MAX_LISTED) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
