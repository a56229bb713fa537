//! What `keyfront deploy`, `adopt` and `destroy` show before they ask.

use keyfront_cli::{Table, report::note};

use super::{deletion_target::Fate, planned_change::PlannedChange, removal_plan::Removal};
use crate::{system::ownership::StackResource, viewer_keys::KeyRing};

/// The change set.
pub(super) fn changes(stack: &str, region: &str, changes: &[PlannedChange]) {
    note(format_args!("\nChanges to stack {stack} in {region}:\n"));
    let mut table = Table::new(["ACTION", "RESOURCE", "TYPE", "REPLACED"]);
    for change in changes {
        table.push([
            change.action.clone(),
            change.resource.clone(),
            change.kind.clone(),
            change.replacement.to_owned(),
        ]);
    }
    note(format_args!("{table}\n"));
}

/// What is removed in a Region, and what stays.
pub(super) fn removals(region: &str, removals: &[Removal]) {
    for removal in removals.iter().filter(|one| !one.targets.is_empty()) {
        let what = match &removal.live {
            Some(_) => "Stack",
            None => "Left by the deleted stack",
        };
        note(format_args!("\n{what} {} in {region}:\n", removal.stack_id));
        let mut table = Table::new(["ACTION", "RESOURCE", "TYPE", "ID"]);
        for target in &removal.targets {
            let action = match target.fate {
                Fate::DeletedWithStack => "delete",
                Fate::DeletedAfterReplicas => "delete after its replicas are removed",
                Fate::EmptiedAndDeleted => "delete with every object in it",
                Fate::DeletionScheduled => "schedule for deletion",
                Fate::Kept => "keep",
            };
            let [resource, kind, id] = cells(&target.resource);
            table.push([action.to_owned(), resource, kind, id]);
        }
        note(format_args!("{table}\n"));
    }
}

/// The keys that sign for viewers, which go with their system.
pub(super) fn viewer_keys(ring: &KeyRing) {
    note("\nKeys that sign for viewers:\n");
    let mut table = Table::new(["ACTION", "KEY"]);
    for key in ring.trusted() {
        table.push(["schedule for deletion".to_owned(), key.arn.to_string()]);
    }
    note(format_args!("{table}\n"));
}

/// What a stack that is to be taken in has.
pub(super) fn resources(stack_id: &str, resources: &[StackResource]) {
    note(format_args!("\nStack {stack_id} has no tag, and has:\n"));
    let mut table = Table::new(["RESOURCE", "TYPE", "ID"]);
    for resource in resources {
        table.push(cells(resource));
    }
    note(format_args!("{table}\n"));
}

fn cells(resource: &StackResource) -> [String; 3] {
    [
        resource.logical_id.clone(),
        resource.kind.clone(),
        resource.physical_id.clone(),
    ]
}
