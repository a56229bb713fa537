//! The line of a terminal that lives while something is under way, and lines above it, on standard error. Whoever wrote a
//! text, it stays within its line.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use keyfront_cli::report::{note, printable};

/// The line; without a terminal there is none. It goes when this is dropped.
#[derive(Debug)]
pub(crate) struct StatusLine(Option<ProgressBar>);

impl StatusLine {
    pub(crate) fn begin() -> Self {
        let bar = std::io::stderr()
            .is_terminal()
            .then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self(bar)
    }

    /// Whether there is one.
    pub(crate) const fn lives(&self) -> bool {
        self.0.is_some()
    }

    /// What is under way now.
    pub(crate) fn show(&self, text: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(printable(text));
        }
    }

    /// A line that stays.
    pub(crate) fn note(&self, text: &str) {
        match &self.0 {
            Some(bar) => bar.println(printable(text)),
            None => note(printable(text)),
        }
    }

    /// Writes elsewhere on the terminal without tearing the line.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes it off the terminal.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.end();
    }
}
