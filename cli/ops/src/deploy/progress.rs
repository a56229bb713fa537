//! The events of an operation as people follow them, on standard error.

use keyfront_cli::report::note;

use super::cause::Event;
use crate::status_line::StatusLine;

/// The events of a stack as they come; on a terminal with a line that lives.
pub(crate) struct Progress(StatusLine);

impl Progress {
    pub(crate) fn begin(what: &str) -> Self {
        note(what);
        Self(StatusLine::begin())
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
        // What has only begun is shown by the living line.
        if self.0.lives() && event.status.ends_with("_IN_PROGRESS") {
            self.0.show(&format!("{} {}", event.status, event.resource));
        } else {
            self.0.note(&text);
        }
    }
}
