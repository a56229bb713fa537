//! What a run is doing, for people, on standard error; on a terminal with a line that lives.

use super::outcome::Row;
use crate::status_line::StatusLine;

pub(super) struct Progress(StatusLine);

impl Progress {
    pub(super) fn begin() -> Self {
        Self(StatusLine::begin())
    }

    /// What begins now.
    pub(super) fn step(&self, text: &str) {
        self.0.show(text);
    }

    /// A probe that ended; the table follows at the end.
    pub(super) fn ended(&self, row: &Row) {
        self.0.note(&format!(
            "  {:>2} {:<8} {:>6.1} s  {}",
            row.probe.number,
            row.observation.verdict.name(),
            row.seconds,
            row.probe.assumption
        ));
    }
}
