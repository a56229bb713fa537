//! Results on standard output as they come, with progress on standard error that they do not tear.

use std::io::{BufWriter, IsTerminal as _, Stdout, Write as _};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use keyfront_cli::report::note;

/// Without a terminal, progress is reported after so many objects.
const OBJECTS_BETWEEN_NOTES: u64 = 10_000;

/// Where results go.
pub(crate) struct ResultStream {
    out: BufWriter<Stdout>,
    bar: Option<ProgressBar>,
}

impl ResultStream {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr()
            .is_terminal()
            .then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(std::time::Duration::from_millis(200));
        }
        Self {
            out: BufWriter::new(std::io::stdout()),
            bar,
        }
    }

    /// Shows how far a run came.
    pub(crate) fn advance(&self, objects: u64, message: impl FnOnce() -> String) {
        match &self.bar {
            Some(bar) => bar.set_message(message()),
            None if objects > 0 && objects.is_multiple_of(OBJECTS_BETWEEN_NOTES) => {
                note(message());
            }
            None => {}
        }
    }

    /// Takes the progress off the terminal.
    pub(crate) fn end_progress(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Writes out everything that was reported.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.out
            .flush()
            .context("standard output cannot be written")
    }

    pub(crate) fn write(&mut self, text: &str) -> anyhow::Result<()> {
        let out = &mut self.out;
        let written = match &self.bar {
            Some(bar) => bar.suspend(|| out.write_all(text.as_bytes()).and_then(|()| out.flush())),
            None => out.write_all(text.as_bytes()),
        };
        written.context("standard output cannot be written")
    }
}

impl Drop for ResultStream {
    fn drop(&mut self) {
        self.end_progress();
    }
}
