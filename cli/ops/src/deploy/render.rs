//! What `keyfront deploy` shows of a change set.

use keyfront_cli::{Table, report::note};

use super::planned_change::PlannedChange;

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
