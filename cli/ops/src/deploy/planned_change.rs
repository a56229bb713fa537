//! One change of a change set, as people read it.

use aws_sdk_cloudformation::types::{Change, Replacement};

/// One change, as a row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedChange {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) kind: String,
    /// `yes`, `maybe` or empty.
    pub(crate) replacement: &'static str,
}

/// What a change set's entry plans; `None` for an entry about no resource.
pub(super) fn planned(change: &Change) -> Option<PlannedChange> {
    let change = change.resource_change()?;
    Some(PlannedChange {
        action: change.action()?.as_str().to_lowercase(),
        resource: change.logical_resource_id()?.to_owned(),
        kind: change.resource_type()?.to_owned(),
        replacement: match change.replacement() {
            Some(Replacement::True) => "yes",
            Some(Replacement::Conditional) => "maybe",
            _ => "",
        },
    })
}
