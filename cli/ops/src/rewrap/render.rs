//! What `keyfront rewrap` prints: each object as it is done on standard output, progress on standard error.

use clap::ValueEnum;
use keyfront_cli::report::{note, printable};
use serde_json::json;

use super::outcome::{Level, Outcome, Tally};
use crate::objects::result_stream::ResultStream;

/// How outcomes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Human-readable lines
    Table,
    /// One JSON object per line, the last one a summary
    Json,
}

/// Where outcomes go.
pub(super) struct Reporter {
    format: Format,
    stream: ResultStream,
}

impl Reporter {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            stream: ResultStream::new(),
        }
    }

    pub(super) fn report(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        if outcome.status.level() == Level::Silent {
            return Ok(());
        }
        match self.format {
            Format::Table => self.stream.write(&row(outcome)),
            Format::Json => self.stream.write_json(&object(outcome)),
        }
    }

    pub(super) fn advance(&self, tally: &Tally, key: &str) {
        self.stream.advance(tally.objects, || {
            format!(
                "{} objects, {} re-wrapped, {} left, at {}",
                tally.objects,
                tally.rewrapped,
                tally.left,
                printable(key)
            )
        });
    }

    /// Writes out everything that was reported.
    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        self.stream.flush()
    }

    /// The summary of a run, whether or not it came to its end.
    pub(super) fn sum_up(&mut self, tally: &Tally, complete: bool) -> anyhow::Result<()> {
        self.stream.end_progress();
        if self.format == Format::Json {
            let verdict = complete.then(|| tally.verdict().name());
            self.stream.write_summary(json!(tally), verdict)?;
        }
        self.stream.flush()?;
        note(format_args!(
            "{} objects: {} re-wrapped, {} to be re-wrapped, {} already under the new key, {} not sealed, {} left, {} not checked{}",
            tally.objects,
            tally.rewrapped,
            tally.planned,
            tally.already,
            tally.not_sealed,
            tally.left,
            tally.not_checked,
            if complete { "." } else { "; so far." }
        ));
        if complete {
            warn(tally);
        }
        Ok(())
    }
}

/// What keeps an old key from being given up.
fn warn(tally: &Tally) {
    let versions = &tally.versions;
    if versions.repeated + versions.deleted > 0 {
        note(format_args!(
            "{} versions were rewritten, {} deleted.",
            versions.repeated, versions.deleted
        ));
    }
    if versions.under_old > 0 {
        note(format_args!(
            "{} noncurrent versions are still under an old key.",
            versions.under_old
        ));
    }
    if versions.unread {
        note(
            "Noncurrent versions, if there are any, were not checked; assume that they are under an old key.",
        );
    }
    if versions.not_checked > 0 {
        note(format_args!(
            "{} noncurrent versions could not be checked; assume that they are under an old key.",
            versions.not_checked
        ));
    }
    if tally.rest_under_old > 0 {
        note(format_args!(
            "{} sealed objects are also encrypted by S3 under an old key: they cannot be read once it is disabled. Give --storage-key.",
            tally.rest_under_old
        ));
    }
}

fn row(outcome: &Outcome) -> String {
    let version = outcome.version.as_deref();
    let version = version.map_or_else(String::new, |id| format!(" version {}", printable(id)));
    let detail = match outcome.detail.as_str() {
        "" => String::new(),
        detail => format!(": {}", printable(detail)),
    };
    format!(
        "{:<12} {:<16} {}{version}{detail}\n",
        outcome.status.level().name(),
        outcome.status.name(),
        printable(&outcome.key),
    )
}

fn object(outcome: &Outcome) -> serde_json::Value {
    json!({
        "kind": "object",
        "level": outcome.status.level().name(),
        "status": outcome.status.name(),
        "key": outcome.key,
        "version": outcome.version,
        "detail": outcome.detail,
    })
}
