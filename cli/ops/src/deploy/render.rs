//! What `keyfront deploy`, `status`, `outputs` and `destroy` print. Results go to standard output, the course of
//! things to standard error.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use keyfront_cli::{Table, report::note};

use super::{Event, PlannedChange};

/// The events of a stack as they come; on a terminal with a line that lives.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn begin(what: &str) -> Self {
        note(what);
        let bar = std::io::stderr()
            .is_terminal()
            .then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(std::time::Duration::from_millis(200));
        }
        Self { bar }
    }

    pub(crate) fn show(&self, event: &Event) {
        let reason = match &event.reason {
            Some(reason) if event.status.ends_with("_FAILED") => format!("  {reason}"),
            _ => String::new(),
        };
        let text = format!(
            "  {:<28} {:<36} {}{reason}",
            event.status, event.kind, event.resource
        );
        match &self.bar {
            // What has only begun is shown by the living line.
            Some(bar) if event.status.ends_with("_IN_PROGRESS") => {
                bar.set_message(format!("{} {}", event.status, event.resource));
            }
            Some(bar) => bar.println(text),
            None => note(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The change set.
pub(crate) fn changes(stack: &str, region: &str, changes: &[PlannedChange]) {
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
