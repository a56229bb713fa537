//! The events of an operation as people follow them, on standard error.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use keyfront_cli::report::note;

use super::cause::Event;

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
