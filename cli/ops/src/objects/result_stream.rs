//! Results on standard output as they come, with progress on standard error that they do not tear.

use std::io::{BufWriter, Stdout, Write as _};

use anyhow::Context as _;
use keyfront_cli::report::printable_lines;
use serde_json::Value;

use crate::status_line::StatusLine;

/// Without a terminal, progress is reported after so many objects.
const OBJECTS_BETWEEN_NOTES: u64 = 10_000;

/// Where results go.
pub(crate) struct ResultStream {
    out: BufWriter<Stdout>,
    status: StatusLine,
}

impl ResultStream {
    pub(crate) fn new() -> Self {
        Self {
            out: BufWriter::new(std::io::stdout()),
            status: StatusLine::begin(),
        }
    }

    /// Shows how far a run came.
    pub(crate) fn advance(&self, objects: u64, message: impl FnOnce() -> String) {
        if self.status.lives() {
            self.status.show(&message());
        } else if objects > 0 && objects.is_multiple_of(OBJECTS_BETWEEN_NOTES) {
            self.status.note(&message());
        }
    }

    /// Takes the progress off the terminal.
    pub(crate) fn end_progress(&self) {
        self.status.end();
    }

    /// Writes out everything that was reported.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.out
            .flush()
            .context("standard output cannot be written")
    }

    /// Writes lines as they are, such as those of CSV, which readers take to the letter.
    pub(crate) fn write(&mut self, text: &str) -> anyhow::Result<()> {
        let (out, lives) = (&mut self.out, self.status.lives());
        let written = self.status.suspend(|| {
            out.write_all(text.as_bytes())?;
            if lives { out.flush() } else { Ok(()) }
        });
        written.context("standard output cannot be written")
    }

    /// Writes a line that is one JSON value.
    pub(crate) fn write_json(&mut self, value: &Value) -> anyhow::Result<()> {
        self.write(&printable_lines(&format!("{value}\n")))
    }

    /// Writes the last line, which sums up what was counted: with the verdict of a run that came to its end.
    pub(crate) fn write_summary(
        &mut self,
        mut counted: Value,
        verdict: Option<&str>,
    ) -> anyhow::Result<()> {
        counted["kind"] = "summary".into();
        counted["complete"] = verdict.is_some().into();
        counted["verdict"] = verdict.unwrap_or("incomplete").into();
        self.write_json(&counted)
    }
}
